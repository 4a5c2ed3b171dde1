// The track under the video: drawn from the facts in the page; every click and key moves the video.
const facts = JSON.parse(document.getElementById("facts").textContent);
const at = (id) => document.getElementById(id);
const video = at("video"), tracks = at("tracks"), scroll = at("scroll"), list = at("list");
const lasts = Math.max(facts.lasts, 0.01);
const segments = facts.rows.flatMap((row, number) => row.segments.map((each) => ({ ...each, row: number })))
  .sort((one, other) => one.start - other.start);
let zoom = 1, place = 0;

const clock = (seconds, fine = true) => {
  const whole = Math.floor(seconds + 1e-6), two = (number) => String(number).padStart(2, "0");
  const start = whole >= 3600 ? `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}` : `${Math.floor(whole / 60)}`;
  const tenth = fine && whole < 3600 ? `.${Math.floor((seconds - whole) * 10 + 1e-6)}` : "";
  return `${start}:${two(whole % 60)}${tenth}`;
};
const shape = (name, values) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  return made;
};

function drawRow(row, plot) {
  const svg = shape("svg", { viewBox: `0 0 ${lasts} 1`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const points = row.times.map((time, k) => `${time} ${(1 - row.scores[k]).toFixed(3)}`);
  const first = (1 - row.scores[0]).toFixed(3), last = (1 - row.scores.at(-1)).toFixed(3);
  const line = `M0 ${first}L${points.join("L")}L${lasts} ${last}`;
  svg.append(shape("path", { class: "area", d: `${line}L${lasts} 1L0 1Z` }));
  if (row.threshold !== null) {
    svg.append(shape("path", { class: "least", d: `M0 ${1 - row.threshold}H${lasts}`, "vector-effect": "non-scaling-stroke" }));
  }
  svg.append(shape("path", { class: "curve", d: line, "vector-effect": "non-scaling-stroke" }));
  plot.append(svg);
  for (const each of row.segments) {
    const bar = document.createElement("button");
    bar.type = "button";
    bar.tabIndex = -1;
    bar.title = `${each.label}, ${clock(each.start)} to ${clock(each.end)}, ${Math.round(each.score * 100)} %`;
    bar.setAttribute("aria-hidden", "true");
    bar.style.left = `${100 * each.start / lasts}%`;
    bar.style.width = `${100 * (each.end - each.start) / lasts}%`;
    bar.dataset.start = each.start;
    plot.append(bar);
  }
}

function drawAxis() {
  const axis = at("axis"), width = axis.clientWidth, least = lasts * 64 / Math.max(width, 1);
  const step = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].find((each) => each >= least) || 14400;
  axis.replaceChildren();
  for (let time = 0; time <= lasts - step * 0.35; time += step) {
    const tick = document.createElement("span");
    tick.textContent = clock(time, step < 1);
    tick.style.left = `${100 * time / lasts}%`;
    axis.append(tick);
  }
}

function seek(seconds, play) {
  place = Math.min(Math.max(seconds, 0), lasts);
  if (video.readyState > 0) video.currentTime = Math.min(place, video.duration || place);
  if (play) video.play().catch(() => {});
  show(true);
}

function show(follow) {
  tracks.style.setProperty("--t", place / lasts);
  tracks.setAttribute("aria-valuenow", place.toFixed(1));
  const here = segments.filter((each) => each.start <= place + 1e-3 && place < each.end);
  tracks.setAttribute("aria-valuetext", `${clock(place)}${here.map((each) => `, ${each.label}`).join("")}`);
  at("clock").textContent = clock(place);
  const chips = here.map((each) => {
    const chip = document.createElement("span"), dot = document.createElement("i");
    chip.className = `s${each.row % 8}`;
    dot.className = "swatch";
    dot.style.marginRight = ".45em";
    chip.append(dot, `${each.label} ${Math.round(each.score * 100)} %`);
    return chip;
  });
  at("now").replaceChildren(...(chips.length ? chips : ["\u00a0"]));
  for (const button of list.querySelectorAll("button")) {
    const now = Number(button.dataset.start) <= place + 1e-3 && place < Number(button.dataset.end);
    if (now && !button.hasAttribute("aria-current")) {
      button.setAttribute("aria-current", "true");
      if (list.scrollHeight > list.clientHeight + 4) {
        const top = button.offsetTop - list.offsetTop;
        if (top < list.scrollTop || top + button.offsetHeight > list.scrollTop + list.clientHeight) {
          list.scrollTop = top - list.clientHeight / 3;
        }
      }
    } else if (!now) button.removeAttribute("aria-current");
  }
  if (follow && zoom > 1) {
    const name = tracks.querySelector(".name").offsetWidth;
    const x = place / lasts * at("axis").clientWidth, view = scroll.clientWidth - name;
    if (x < scroll.scrollLeft || x > scroll.scrollLeft + view * 0.92) scroll.scrollLeft = x - view / 4;
  }
}

function setZoom(value) {
  const most = Math.max(1, Math.min(256, 2 ** Math.ceil(Math.log2(lasts / 8))));
  zoom = Math.min(Math.max(value, 1), most);
  tracks.style.setProperty("--zoom", zoom);
  at("zoom").textContent = `${zoom}×`;
  at("in").disabled = zoom >= most;
  at("out").disabled = zoom <= 1;
  drawAxis();
  if (zoom > 1) {
    const view = scroll.clientWidth - tracks.querySelector(".name").offsetWidth;
    scroll.scrollLeft = place / lasts * at("axis").clientWidth - view / 2;
  }
}

const timeAt = (event) => {
  const box = at("axis").getBoundingClientRect();
  return (event.clientX - box.left) / box.width * lasts;
};
const toggle = () => (video.paused ? video.play().catch(() => {}) : video.pause());
const step = (way) => {
  const starts = [...new Set(segments.map((each) => each.start))];
  const next = way > 0 ? starts.find((start) => start > place + 0.05) : starts.findLast((start) => start < place - 0.6);
  if (next !== undefined) seek(next, false);
};

document.querySelectorAll(".plot[data-row]").forEach((plot) => drawRow(facts.rows[plot.dataset.row], plot));
setZoom(1);
show(false);
new ResizeObserver(drawAxis).observe(scroll);

tracks.addEventListener("click", (event) => {
  if (event.target.closest(".name")) return;
  const bar = event.target.closest("button");
  seek(bar ? Number(bar.dataset.start) : timeAt(event), Boolean(bar));
});
tracks.addEventListener("pointermove", (event) => {
  const time = Math.min(Math.max(timeAt(event), 0), lasts);
  tracks.style.setProperty("--h", time / lasts);
  at("point").textContent = clock(time);
  at("point").parentElement.classList.toggle("left", time / lasts > 0.9);
});
list.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) seek(Number(button.dataset.start), true);
});
at("only").addEventListener("change", (event) => {
  const chosen = event.target.selectedOptions[0].dataset.label;
  for (const item of list.children) item.hidden = Boolean(chosen) && item.dataset.label !== chosen;
});
at("previous").addEventListener("click", () => step(-1));
at("next").addEventListener("click", () => step(1));
at("play").addEventListener("click", toggle);
at("in").addEventListener("click", () => setZoom(zoom * 2));
at("out").addEventListener("click", () => setZoom(zoom / 2));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("video, select, input")) return;
  const far = event.shiftKey ? 10 : 1, onButton = event.target.closest("button, a");
  const does = {
    " ": onButton ? null : toggle, ArrowLeft: () => seek(place - far), ArrowRight: () => seek(place + far),
    Home: () => seek(0), End: () => seek(lasts), n: () => step(1), p: () => step(-1),
    "+": () => setZoom(zoom * 2), "=": () => setZoom(zoom * 2), "-": () => setZoom(zoom / 2),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (does) {
    event.preventDefault();
    does();
  }
});

const trouble = () => { at("trouble").hidden = false; };
video.addEventListener("error", trouble);
if (!video.hasAttribute("src") || video.error) trouble();
video.addEventListener("loadedmetadata", () => { if (place) video.currentTime = place; });
video.addEventListener("play", () => { at("play").textContent = "Pause"; requestAnimationFrame(tick); });
video.addEventListener("pause", () => { at("play").textContent = "Play"; });
video.addEventListener("seeked", () => { place = video.currentTime; show(true); });
function tick() {
  if (video.paused || video.ended) return;
  place = video.currentTime;
  show(true);
  requestAnimationFrame(tick);
}
