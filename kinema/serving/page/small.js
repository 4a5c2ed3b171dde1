// What several parts of the page need.
export const $ = (id) => document.getElementById(id);

// An element with properties and children; text is never read as markup.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (name.includes("-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

export const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

// A size in words, as file managers count: a megabyte is a million bytes.
export const megabytes = (bytes, whole = Math.floor) => (bytes < 1e9 ? `${whole(bytes / 1e5) / 10} MB` : `${whole(bytes / 1e7) / 100} GB`);

export function clock(seconds, digits = 1) {
  const whole = Math.max(0, seconds), minutes = Math.floor(whole / 60 + 1e-9);
  return `${minutes}:${(whole - 60 * minutes).toFixed(digits).padStart(digits ? 3 + digits : 2, "0")}`;
}

export function alarm(problem) {
  if (problem?.name === "AbortError") return;
  const box = $("alert");
  box.replaceChildren(make("strong", {}, problem.message || String(problem)), make("span", {}, problem.hint || ""));
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
}

export const calm = () => { $("alert").hidden = true; };

// Each label keeps its colour while a video is on show.
export const colour = (place) => `var(--c${place % 8})`;
