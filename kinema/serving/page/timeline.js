// The timeline: a lane for each of the best labels with its score over time, segments, and where the video is.
import { $, clock, colour } from "./small.js";

const LANE = 40, FOOT = 22, LANES = 8, SPACE = "http://www.w3.org/2000/svg";

function shape(tag, attributes, text) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

export class Timeline {
  constructor(seek) {
    this.box = $("timeline");
    this.seek = seek;
    new ResizeObserver(() => this.draw()).observe(this.box);
    const jump = (event) => this.seek(this.timeAt(event.clientX));
    this.box.addEventListener("pointerdown", (event) => {
      if (!this.result) return;
      this.box.setPointerCapture(event.pointerId);
      jump(event);
      this.box.onpointermove = jump;
    });
    for (const end of ["pointerup", "pointercancel"]) this.box.addEventListener(end, () => { this.box.onpointermove = null; });
  }

  show(result, corrections) {
    this.result = result;
    this.corrections = corrections;
    this.start = result.windows[0].start_seconds;
    this.end = Math.max(...result.windows.map((one) => one.end_seconds));
    // lanes: the labels of segments first, in the order of their time, then those that score best anywhere
    const happening = new Set(result.segments.map((one) => one.label)), wanted = [...new Set([...happening, ...result.labels])];
    this.lanes = wanted.slice(0, Math.max(LANES, happening.size)).sort((a, b) => result.labels.indexOf(a) - result.labels.indexOf(b));
    this.box.setAttribute("aria-valuemin", this.start.toFixed(1));
    this.box.setAttribute("aria-valuemax", this.end.toFixed(1));
    this.draw();
  }

  colourOf(label) { const lane = this.lanes.indexOf(label); return lane < 0 ? "var(--soft)" : colour(lane); }

  x(seconds) { return this.left + (seconds - this.start) / (this.end - this.start || 1) * (this.width - this.left - 6); }

  timeAt(clientX) {
    const share = (clientX - this.box.getBoundingClientRect().left - this.left) / (this.width - this.left - 6);
    return this.start + Math.min(Math.max(share, 0), 1) * (this.end - this.start);
  }

  draw() {
    this.width = this.box.clientWidth;
    if (!this.result || !this.width) return;
    this.narrow = this.width < 560;
    this.left = this.narrow ? 6 : 132;
    const lane = this.narrow ? LANE + 14 : LANE, height = this.lanes.length * lane + FOOT;
    const svg = shape("svg", { viewBox: `0 0 ${this.width} ${height}`, height, "aria-hidden": "true" });
    this.lanes.forEach((label, place) => {
      const foot = (place + 1) * lane - 6, tall = LANE - 14, k = this.result.labels.indexOf(label);
      const fits = this.narrow ? 40 : 17, name = label.length > fits ? `${label.slice(0, fits - 1)}…` : label;
      svg.append(shape("text", { class: "name", x: this.narrow ? 6 : 0, y: this.narrow ? foot - tall - 4 : foot - 6 }, name));
      svg.append(shape("line", { class: "rule", x1: this.left, x2: this.width - 6, y1: foot, y2: foot }));
      const point = (seconds, one) => `${this.x(seconds).toFixed(1)},${(foot - one.scores[k] * tall).toFixed(1)}`;
      const all = this.result.windows, points = all.map((one) => point((one.start_seconds + one.end_seconds) / 2, one));
      points.unshift(point(this.start, all[0]));
      points.push(point(this.end, all[all.length - 1]));
      const threshold = this.result.thresholds?.[k];
      if (threshold) {
        const y = foot - threshold * tall;
        svg.append(shape("line", { class: "threshold", x1: this.left, x2: this.width - 6, y1: y, y2: y }));
      }
      const paint = shape("path", { class: "area", d: `M${this.x(this.start)},${foot} L${points.join(" L")} L${this.x(this.end)},${foot}Z` });
      const curve = shape("polyline", { class: "curve", points: points.join(" ") });
      paint.style.fill = curve.style.stroke = this.colourOf(label);
      svg.append(paint, curve);
      for (const one of this.result.segments.filter((each) => each.label === label)) {
        const bar = shape("rect", { x: this.x(one.start_seconds), y: foot - 3, width: Math.max(this.x(one.end_seconds) - this.x(one.start_seconds), 3), height: 6, rx: 3 });
        bar.style.fill = this.colourOf(label);
        bar.append(shape("title", {}, `${label}, ${clock(one.start_seconds)} to ${clock(one.end_seconds)}`));
        svg.append(bar);
      }
    });
    const foot = this.lanes.length * lane;
    for (const one of this.corrections) {
      svg.append(shape("rect", { class: "mine", x: this.x(one.start_seconds), y: 2, rx: 4, width: Math.max(this.x(one.end_seconds) - this.x(one.start_seconds), 3), height: foot - 2 }));
    }
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600], most = Math.max(2, this.width / 90);
    const step = steps.find((one) => (this.end - this.start) / one <= most) || 7200;
    for (let time = Math.ceil(this.start / step - 1e-6) * step; time <= this.end + 1e-6; time += step) {
      const at = this.x(time), anchor = at > this.width - 30 ? "end" : at < this.left + 15 ? "start" : "middle";
      svg.append(shape("text", { x: at, y: foot + 16, "text-anchor": anchor }, clock(time, step < 1 ? 1 : 0)));
    }
    this.head = shape("line", { class: "head", y1: 0, y2: foot });
    this.knob = shape("circle", { class: "knob", r: 5, cy: 5 });
    svg.append(this.head, this.knob);
    this.box.replaceChildren(svg);
    this.move(this.time ?? this.start);
  }

  move(seconds) {
    this.time = Math.min(Math.max(seconds, this.start), this.end);
    const at = this.x(this.time).toFixed(1);
    for (const name of ["x1", "x2"]) this.head?.setAttribute(name, at);
    this.knob?.setAttribute("cx", at);
    this.box.setAttribute("aria-valuenow", this.time.toFixed(1));
    this.box.setAttribute("aria-valuetext", `${clock(this.time)} of ${clock(this.end)}`);
  }
}
