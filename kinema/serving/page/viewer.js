// The video, its live scores, segments and the form that corrects a label.
import { call } from "./api.js";
import { Heat } from "./heat.js";
import { $, alarm, clock, make, percent } from "./small.js";
import { Timeline } from "./timeline.js";

const SHOWN = 5;

export class Viewer {
  constructor(changed) {
    this.video = $("video");
    this.changed = changed; // is told when a correction was saved
    this.asked = 0; // as in labels.js: only the last answer asked for is drawn
    this.timeline = new Timeline((seconds) => this.seek(seconds));
    this.heat = new Heat(this.video);
    this.video.addEventListener("error", () => { if (this.video.getAttribute("src")) $("unplayable").hidden = false; });
    for (const name of ["play", "pause", "ended"]) this.video.addEventListener(name, () => this.playing());
    for (const name of ["seeked", "loadeddata", "timeupdate"]) this.video.addEventListener(name, () => this.moved());
    $("play").onclick = () => this.toggle();
    $("look").onclick = () => this.look();
    $("look-label").onchange = () => { this.heat.blank(); this.moved(); };
    $("correct").onsubmit = (event) => { event.preventDefault(); this.save(); };
    $("timeline").addEventListener("keydown", (event) => {
      const to = { Home: this.timeline.start, End: this.timeline.end }[event.key];
      if (to !== undefined && this.job) { event.preventDefault(); this.seek(to); }
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  async open(job, labels) {
    this.job = job;
    this.known = labels;
    this.result = job.result;
    this.result.segments ||= [];
    this.moment = this.result.windows[0].start_seconds;
    $("viewer").hidden = false;
    $("unplayable").hidden = job.kept;
    $("unplayable").textContent = job.kept ? "This browser cannot play the file. Its timeline is below all the same."
      : "The file is no longer kept here; what was found in it is. Drop it again to watch it.";
    $("look").disabled = !job.kept;
    if (!job.kept) this.heat.turn(false);
    $("saved").textContent = "";
    this.heat.forget();
    this.timeline.show(this.result, []); // corrections come later
    if (job.kept) this.video.src = `/v1/videos/${job.video}`;
    else { this.video.removeAttribute("src"); this.video.load(); } // the video before it ends
    $("name").textContent = job.name;
    $("labels").replaceChildren(...labels.map((label) => make("option", { value: label })));
    const kept = this.result.labels.map((label) => make("option", { value: label }, label));
    $("look-label").replaceChildren(make("option", { value: "" }, "best label"), ...kept);
    const best = this.result.top[0], count = this.result.segments.length, sure = !this.result.unknown && best.score >= 0.5;
    $("summary").textContent = [sure ? `Mostly ${best.label} (${percent(best.score)})` : "", `${clock(this.result.duration_seconds)} long`,
      count ? `${count} segment${count === 1 ? "" : "s"}` : `nothing is sure; perhaps ${best.label} (${percent(best.score)})`, ...this.result.warnings].filter(Boolean).join(" · ");
    await this.refresh();
    $("segments").replaceChildren(...this.result.segments.map((one) => {
      const button = make("button", { type: "button", "--k": this.timeline.colourOf(one.label), onclick: () => this.choose(one) },
        make("i", { "aria-hidden": "true" }), one.label, make("span", {}, `${clock(one.start_seconds)} – ${clock(one.end_seconds)}, ${percent(one.score)}`));
      return make("li", {}, button);
    }));
    this.moved();
  }

  async refresh() {
    if (!this.job) return;
    const mine = ++this.asked, corrections = await call("GET", `/v1/corrections?video=${this.job.video}`);
    if (mine === this.asked) this.timeline.show(this.result, corrections);
  }

  // The video's own clock; a browser counts from the first frame.
  get offset() { return Math.max(this.result.windows[0].start_seconds, 0); }

  get playable() { return this.video.readyState > 0 && $("unplayable").hidden; }

  seek(seconds) {
    this.moment = Math.min(Math.max(seconds, this.timeline.start), this.timeline.end);
    if (this.playable) this.video.currentTime = Math.min(this.moment - this.offset + 1e-3, this.video.duration || 1e9);
    this.moved(this.moment);
  }

  choose(segment) {
    this.seek(segment.start_seconds);
    this.fill(segment.start_seconds, segment.end_seconds, "");
  }

  fill(start, end, label) {
    $("from").value = start.toFixed(2);
    $("to").value = end.toFixed(2);
    $("label").value = label;
    this.filled = true;
  }

  jump(way) {
    const starts = this.result.segments.map((one) => one.start_seconds), here = this.moment;
    const to = way > 0 ? starts.find((one) => one > here + 0.05) : starts.filter((one) => one < here - 0.05).pop();
    if (to !== undefined) this.choose(this.result.segments.find((one) => one.start_seconds === to));
  }

  toggle() {
    if (!this.playable) return;
    if (this.video.paused) this.video.play().catch(alarm);
    else this.video.pause();
  }

  playing() {
    const on = !this.video.paused;
    $("play").setAttribute("aria-label", on ? "Pause" : "Play");
    $("play").querySelector("path").setAttribute("d", on ? "M7 5.5h3.6v13H7zM13.4 5.5H17v13h-3.6z" : "M8 5.5v13l11-6.5z");
    const step = () => { this.moved(); if (!this.video.paused) requestAnimationFrame(step); };
    if (on) { this.filled = false; requestAnimationFrame(step); }
  }

  look() {
    if (!this.job) return;
    this.heat.turn(!this.heat.on);
    this.moved();
  }

  // The scores at a time, between the middles of windows, as the timeline draws them.
  scoresAt(seconds) {
    const all = this.result.windows, middle = (one) => (one.start_seconds + one.end_seconds) / 2;
    let after = all.findIndex((one) => middle(one) > seconds);
    after = after < 0 ? all.length - 1 : after;
    const before = Math.max(after - 1, 0), span = middle(all[after]) - middle(all[before]);
    const part = span > 0 ? Math.min(Math.max((seconds - middle(all[before])) / span, 0), 1) : 0;
    return this.result.labels.map((label, k) => ({ label, score: (1 - part) * all[before].scores[k] + part * all[after].scores[k] }));
  }

  windowAt(seconds) {
    const middle = (one) => Math.abs((one.start_seconds + one.end_seconds) / 2 - seconds);
    return this.result.windows.reduce((best, one) => (middle(one) < middle(best) ? one : best));
  }

  moved(told) {
    if (!this.job) return;
    if (this.playable && told === undefined) this.moment = this.video.currentTime + this.offset;
    const seconds = this.moment;
    this.timeline.move(seconds);
    $("clock").textContent = `${clock(seconds - this.offset)} of ${clock(this.result.duration_seconds)}`;
    const scores = this.scoresAt(seconds).sort((a, b) => b.score - a.score), here = this.result.segments.filter((one) => one.start_seconds <= seconds && seconds < one.end_seconds);
    $("now").textContent = here.length ? here.map((one) => one.label).join(", ") : `perhaps ${scores[0].label}`;
    $("now").classList.toggle("unsure", !here.length);
    this.bars(scores.slice(0, SHOWN));
    [...$("segments").querySelectorAll("button")].forEach((button, place) => button.setAttribute("aria-current", String(here.includes(this.result.segments[place]))));
    if (!this.filled) {
      const part = here[0] || this.windowAt(seconds);
      if (![$("from"), $("to"), $("label")].includes(document.activeElement)) this.fill(part.start_seconds, part.end_seconds, $("label").value);
      this.filled = false;
    }
    if (this.heat.on) this.heat.at(this.job.video, this.windowAt(seconds), $("look-label").value, seconds);
  }

  bars(scores) {
    const list = $("scores");
    while (list.children.length < scores.length) list.append(make("li", {}, make("span"), make("b"), make("i", { "aria-hidden": "true" })));
    while (list.children.length > scores.length) list.lastChild.remove();
    scores.forEach((one, place) => {
      const [name, figure, bar] = list.children[place].children;
      name.textContent = one.label;
      figure.textContent = percent(one.score);
      bar.style.setProperty("--w", `${100 * one.score}%`);
      bar.style.setProperty("--k", this.timeline.colourOf(one.label));
    });
  }

  async save() {
    const start = Number($("from").value), end = Number($("to").value), label = $("label").value.trim();
    const said = this.scoresAt((start + end) / 2).sort((a, b) => b.score - a.score)[0].label;
    try {
      await call("POST", "/v1/corrections", { video: this.job.video, start_seconds: start, end_seconds: end, label, said });
    } catch (problem) {
      $("saved").textContent = `${problem.message} ${problem.hint}`;
      return;
    }
    const strange = this.known.includes(label) ? "" : ` The network does not know “${label}” yet; if that is a slip, remove it below.`;
    $("saved").textContent = `Saved: ${clock(start)} to ${clock(end)} shows ${label}.${strange}`;
    $("label").value = "";
    this.filled = false;
    await this.refresh();
    this.changed();
  }

  key(event) {
    const within = event.target.closest("input, select, textarea, button, a, dialog");
    if (!this.job || event.ctrlKey || event.metaKey || event.altKey || (within && !(event.target.closest("button") && event.key !== " " && event.key !== "Enter"))) return;
    const act = { " ": () => this.toggle(), ArrowLeft: () => this.seek(this.moment - 1), ArrowRight: () => this.seek(this.moment + 1),
      "[": () => this.jump(-1), "]": () => this.jump(1), h: () => this.look(), c: () => $("label").focus() }[event.key];
    if (act) { event.preventDefault(); act(); }
  }
}
