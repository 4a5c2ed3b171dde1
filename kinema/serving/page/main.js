// The page: uploads and their progress, the list of videos, the theme and the key.
import { Problem, call, follow, upload } from "./api.js";
import { Labels } from "./labels.js";
import { $, alarm, calm, make, megabytes, percent } from "./small.js";
import { Viewer } from "./viewer.js";

let labels = [], limits = null, shown = 0, working = Promise.resolve();
const viewer = new Viewer(() => told.refresh().catch(alarm));
const told = new Labels(viewer, show);

async function begin() {
  if ((await call("GET", "/v1/session")).key_wanted) return document.dispatchEvent(new Event("key-wanted"));
  const { models: [model], limits: found } = await call("GET", "/v1/models");
  labels = model.labels;
  limits = found;
  $("model").textContent = `${model.name} · ${labels.length} labels · ${model.engine}`;
  const minutes = limits.duration_seconds / 60;
  $("accepts").textContent = `Up to ${megabytes(limits.upload_bytes)} and ${minutes < 2 ? `${limits.duration_seconds} seconds` : `${Math.round(minutes)} minutes`}. It stays on this server.`;
  $("train").hidden = !model.is_run;
  const names = await call("GET", "/v1/library");
  $("library").hidden = !names.length;
  $("library-name").replaceChildren(...names.map((name) => make("option", { value: name }, name)));
  await Promise.all([told.refresh(), list()]);
}

async function list() {
  const jobs = await call("GET", "/v1/jobs?limit=60"), seen = new Set();
  const newest = jobs.filter((job) => job.kind === "timeline" && !seen.has(job.video) && seen.add(job.video)).slice(0, 24);
  $("earlier").hidden = !newest.length;
  $("drop").classList.toggle("small", Boolean(newest.length || viewer.job));
  $("jobs").replaceChildren(...newest.map((job) => {
    const state = job.state === "done" ? new Date(1000 * job.created).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) : job.error?.message || job.state;
    const open = () => (job.state === "done" ? show(job.video).catch(alarm) : job.error ? alarm(job.error) : finish(job));
    return make("li", {}, make("button", { type: "button", onclick: open }, make("span", {}, job.name), make("small", { className: job.error ? "bad" : "" }, job.error ? "failed" : job.state === "done" ? "" : job.state), make("small", {}, state)));
  }));
}

// Shows the newest finished timeline of a video, unless another video was asked for meanwhile.
async function show(video) {
  const mine = ++shown;
  const jobs = (await call("GET", `/v1/jobs?limit=200&video=${video}`)).filter((job) => job.state === "done");
  let found = jobs.find((job) => job.kind === "timeline") || jobs[0];
  if (!found) throw new Problem({ message: "This video has no timeline any more.", hint: "Drop it again." });
  found = await call("GET", `/v1/jobs/${found.id}`);
  if (mine !== shown) return;
  calm();
  $("drop").classList.add("small");
  await viewer.open(found, labels);
  $("viewer").scrollIntoView({ block: "nearest" });
}

function progress(name, words, share) {
  $("work").hidden = false;
  $("work-name").textContent = name;
  $("work-state").textContent = words;
  $("work-bar").value = share;
}

async function finish(job) {
  $("work-cancel").onclick = () => call("DELETE", `/v1/jobs/${job.id}`).catch(alarm);
  try {
    const ended = await follow(job.id, (now) => progress(now.name, now.state === "queued" ? "waits for its turn" : `looking, ${percent(now.progress)}`, now.progress));
    if (ended.error) throw new Problem(ended.error);
    if (ended.state === "done") await show(ended.video);
  } catch (problem) { alarm(problem); } finally {
    $("work").hidden = true;
    await Promise.all([list(), told.refresh()]).catch(alarm);
  }
}

async function take(file) {
  calm();
  if (limits && file.size > limits.upload_bytes) {
    return alarm(new Problem({ message: `“${file.name}” is too large: ${megabytes(file.size, Math.ceil)}.`, hint: `This server takes up to ${megabytes(limits.upload_bytes)}. Give a shorter part, or a copy of lower quality.` }));
  }
  const stop = new AbortController();
  $("work-cancel").onclick = () => stop.abort();
  progress(file.name, "uploading", 0);
  try {
    const job = await upload(file, (share, words) => progress(file.name, words || `uploading, ${percent(share)}`, share), stop.signal);
    await finish(job);
  } catch (problem) {
    $("work").hidden = true;
    alarm(problem);
  }
}

const takeAll = (files) => { for (const file of files) working = working.then(() => take(file)); };

$("file").onchange = () => { takeAll([...$("file").files]); $("file").value = ""; };
$("library-open").onclick = async () => {
  calm();
  try { await finish(await call("POST", "/v1/timeline?wait=0", { library: $("library-name").value })); } catch (problem) { alarm(problem); }
};
for (const name of ["dragenter", "dragover"]) addEventListener(name, (event) => { event.preventDefault(); $("drop").classList.add("over"); });
for (const name of ["dragleave", "drop"]) addEventListener(name, (event) => {
  event.preventDefault();
  if (name === "drop" || !event.relatedTarget) $("drop").classList.remove("over");
  if (name === "drop") takeAll([...event.dataTransfer.files]);
});

const isDark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const themed = () => { $("theme").textContent = isDark() ? "Light" : "Dark"; $("theme").setAttribute("aria-label", `Use ${isDark() ? "light" : "dark"} colours`); };
$("theme").onclick = () => { document.documentElement.dataset.theme = localStorage.theme = isDark() ? "light" : "dark"; themed(); };
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", themed);
themed();

document.addEventListener("key-wanted", () => { if (!$("key").open) $("key").showModal(); });
$("key-form").onsubmit = async (event) => {
  event.preventDefault();
  try {
    await call("POST", "/v1/session", { key: $("key-value").value });
    $("key").close();
    await begin();
  } catch (problem) { $("key-note").textContent = `${problem.message} ${problem.hint}`; }
};

begin().catch((problem) => { if (problem.status !== 401) alarm(problem); });
