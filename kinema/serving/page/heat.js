// Where the network looks: heat over the picture, between the frames that it saw.
import { call } from "./api.js";
import { $, percent } from "./small.js";

// Ten colours of matplotlib's inferno, from cold to hot.
const STOPS = ["000004", "1b0c41", "4a0c6b", "781c6d", "a52c60", "cf4446", "ed6925", "fb9b06", "f7d13d", "fcffa4"]
  .map((code) => [0, 2, 4].map((at) => parseInt(code.slice(at, at + 2), 16)));
const COLOURS = Array.from({ length: 256 }, (_, level) => {
  const at = level / 255 * (STOPS.length - 1), low = Math.min(Math.floor(at), STOPS.length - 2);
  return STOPS[low].map((value, part) => value + (at - low) * (STOPS[low + 1][part] - value));
});

export class Heat {
  constructor(video) {
    this.video = video;
    this.canvas = $("heat");
    this.known = new Map();
    new ResizeObserver(() => this.place()).observe($("stage"));
  }

  get on() { return $("stage").classList.contains("looking"); }

  turn(on) {
    $("stage").classList.toggle("looking", on);
    $("look").setAttribute("aria-pressed", String(on));
    $("look-note").textContent = "";
  }

  forget() { this.known.clear(); this.now = null; this.blank(); }

  blank() { this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height); }

  // Shows the heat of the window around a time; it is asked for once, and drawn when it has come.
  async at(identity, window, label, seconds) {
    const key = `${identity} ${window.start_seconds} ${label}`;
    if (!this.known.has(key)) {
      this.known.set(key, null);
      $("look-note").textContent = "Looking …";
      const asked = { video: identity, start_seconds: window.start_seconds, end_seconds: window.end_seconds, label: label || null };
      try {
        const found = await call("POST", "/v1/explain", asked);
        found.levels = Uint8Array.from(atob(found.heat), (letter) => letter.charCodeAt(0));
        this.known.set(key, found);
      } catch (problem) {
        if (problem.status === 429 || problem.status === 503) setTimeout(() => this.known.delete(key), 1000);
        if (this.on) $("look-note").textContent = `${problem.message} ${problem.hint}`;
        return;
      }
    }
    const found = this.known.get(key);
    if (!found || !this.on) return;
    $("look-note").textContent = `What speaks for “${found.label}” (${percent(found.score)}). Bright places count most.`;
    this.draw(found, seconds);
  }

  draw(found, seconds) {
    const { levels, side, frames, times_seconds: times } = found;
    let after = times.findIndex((time) => time > seconds);
    after = after < 0 ? frames - 1 : after;
    const before = Math.max(after - 1, 0), span = times[after] - times[before];
    const part = span > 0 ? Math.min(Math.max((seconds - times[before]) / span, 0), 1) : 0;
    const small = this.small ||= new OffscreenCanvas(side, side), pen = small.getContext("2d"), image = pen.createImageData(side, side);
    for (let at = 0; at < side * side; at++) {
      const level = (1 - part) * levels[before * side * side + at] + part * levels[after * side * side + at];
      const [red, green, blue] = COLOURS[Math.round(level)];
      image.data.set([red, green, blue, 40 + 150 * Math.min(1, level / 160)], 4 * at);
    }
    pen.putImageData(image, 0, 0);
    this.box = found.box;
    this.place();
    const brush = this.canvas.getContext("2d");
    brush.imageSmoothingQuality = "high";
    brush.clearRect(0, 0, this.canvas.width, this.canvas.height);
    brush.drawImage(small, 0, 0, this.canvas.width, this.canvas.height);
  }

  // Lays the canvas over the part of the picture that the network sees.
  place() {
    const { videoWidth, videoHeight } = this.video, stage = $("stage");
    if (!videoWidth || !this.box) return;
    const scale = Math.min(stage.clientWidth / videoWidth, stage.clientHeight / videoHeight);
    const width = videoWidth * scale, height = videoHeight * scale, [left, top, wide, tall] = this.box;
    const style = { left: (stage.clientWidth - width) / 2 + left * width, top: (stage.clientHeight - height) / 2 + top * height, width: wide * width, height: tall * height };
    for (const [name, value] of Object.entries(style)) this.canvas.style[name] = `${value}px`;
    const size = [Math.round(style.width), Math.round(style.height)];
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) [this.canvas.width, this.canvas.height] = size;
  }
}
