// Corrections, what is worth a label next, and training again.
import { call } from "./api.js";
import { $, alarm, clock, colour, make, percent } from "./small.js";

const LOOK_AGAIN = 1500; // milliseconds, while a training is under way

export class Labels {
  constructor(viewer, open) {
    this.viewer = viewer;
    this.open = open; // shows a video's newest timeline
    this.asked = 0; // answers may come in another order than they were asked for: only the last one asked for is drawn
    $("train").onsubmit = (event) => { event.preventDefault(); this.train(); };
  }

  async refresh() {
    const mine = ++this.asked;
    const [corrections, suggestions, trainings] = await Promise.all(
      ["/v1/corrections", "/v1/suggestions", "/v1/trainings"].map((path) => call("GET", path)));
    if (mine !== this.asked) return;
    $("told").hidden = !corrections.length && !trainings.length;
    for (const box of document.querySelectorAll("#told .scroll, #told .exports")) box.hidden = !corrections.length;
    $("next").hidden = !suggestions.length;
    $("corrections").replaceChildren(...corrections.map((one) => this.row(one)));
    $("suggestions").replaceChildren(...suggestions.map((one) => this.card(one)));
    this.showTrainings(trainings);
  }

  row(one) {
    const look = make("button", { type: "button", onclick: () => this.look(one) }, `${clock(one.start_seconds)} – ${clock(one.end_seconds)}`);
    const remove = make("button", { type: "button", "aria-label": `Remove the correction of ${one.name} at ${clock(one.start_seconds)}`, onclick: () => this.remove(one) }, "Remove");
    return make("tr", {}, make("td", {}, one.name), make("td", {}, look), make("td", {}, one.said || "–"), make("td", {}, make("strong", {}, one.label)), make("td", {}, remove));
  }

  card(one) {
    const answers = one.labels.map((each, place) => make("button", { type: "button", "aria-label": `It is ${each.label}`, onclick: () => this.answer(one, each.label) },
      make("span", {}, each.label), make("small", {}, percent(each.score)), make("i", { "aria-hidden": "true", "--w": `${100 * each.score}%`, "--k": colour(place) })));
    const look = make("button", { type: "button", "aria-label": `Look at ${one.name} at ${clock(one.start_seconds)}`, onclick: () => this.look(one) }, "Look");
    return make("li", {}, make("div", { className: "where" }, make("span", {}, `${clock(one.start_seconds)} – ${clock(one.end_seconds)}, ${one.name}`), look),
      make("div", { className: "pair" }, ...answers));
  }

  async look(one) {
    await this.open(one.video);
    this.viewer.seek(one.start_seconds);
    this.viewer.fill(one.start_seconds, one.end_seconds, one.label || "");
    $("viewer").scrollIntoView({ block: "start" });
  }

  async answer(one, label) {
    const said = one.labels[0].label, { video, start_seconds, end_seconds } = one;
    await this.done(call("POST", "/v1/corrections", { video, start_seconds, end_seconds, label, said }));
  }

  async remove(one) { await this.done(call("DELETE", `/v1/corrections/${one.id}`)); }

  async done(request) {
    try {
      await request;
      await Promise.all([this.refresh(), this.viewer.refresh()]);
    } catch (problem) { alarm(problem); }
  }

  async train() {
    const epochs = Number($("epochs").value) || null;
    await this.done(call("POST", "/v1/trainings", { epochs }));
  }

  showTrainings(trainings) {
    $("trainings").replaceChildren(...trainings.map((one) => this.training(one)));
    const open = trainings.some((one) => one.state === "running");
    $("train").querySelector("button").disabled = open;
    clearTimeout(this.timer);
    if (open) this.timer = setTimeout(() => this.lookAgain().catch(alarm), LOOK_AGAIN);
  }

  async lookAgain() {
    const mine = this.asked, found = await call("GET", "/v1/trainings");
    if (mine === this.asked) this.showTrainings(found); // else a refresh does
  }

  training(one) {
    const best = one.validation.length ? `validation ${one.before === null ? "" : `${percent(one.before)} before, `}${percent(Math.max(...one.validation))} now` : "";
    const words = { running: `Training, ${percent(one.progress)}`, done: "Trained", failed: "Failed", cancelled: "Stopped" }[one.state];
    const item = make("li", {}, make("span", { role: "status" }, [words, `${one.corrections} correction${one.corrections === 1 ? "" : "s"}`, best].filter(Boolean).join(" · ")));
    if (one.state === "running") {
      item.append(make("button", { type: "button", onclick: () => this.done(call("DELETE", `/v1/trainings/${one.id}`)) }, "Stop"),
        make("progress", { max: 1, value: one.progress, "aria-label": "Training" }));
    }
    if (one.state === "done") item.append(make("p", { className: "note" }, "The new run: ", make("code", {}, one.run), ". Serve it with ", make("code", {}, `kinema serve ${one.run}`)));
    if (one.problem) item.append(make("p", { className: "note" }, one.problem));
    return item;
  }
}
