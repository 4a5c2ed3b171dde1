// Talking to the server. Every error is a `Problem` with a message and a hint for people.
export class Problem extends Error {
  constructor(error, status = 0) { super(error.message); Object.assign(this, { code: error.code, hint: error.hint || "", status }); }
}

const UNREACHED = { code: "unreached", message: "The server does not answer.", hint: "Is it still running? Try again." };

function problemOf(status, text) {
  try {
    return new Problem(JSON.parse(text).error, status);
  } catch {
    return new Problem({ code: "http", message: `The server answered ${status}.` }, status);
  }
}

export async function call(method, path, body) {
  let response;
  try {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Problem(UNREACHED);
  }
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : null;
  if (response.status === 401 && path !== "/v1/session") document.dispatchEvent(new Event("key-wanted"));
  throw problemOf(response.status, text);
}

// Uploads a file; `told` hears the share that is there, `stop` is an AbortSignal. A full queue is tried again.
export async function upload(file, told, stop) {
  for (;;) {
    try {
      return await send(file, told, stop);
    } catch (problem) {
      if (problem.status !== 429) throw problem;
      told(1, "waits, the queue is full");
      await new Promise((go) => setTimeout(go, 1000 * (problem.after || 2)));
      if (stop.aborted) throw new DOMException("", "AbortError");
    }
  }
}

function send(file, told, stop) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest(), form = new FormData();
    form.append("video", file, file.name);
    request.open("POST", "/v1/timeline?wait=0");
    request.upload.onprogress = (event) => told(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status < 300) return done(JSON.parse(request.responseText));
      if (request.status === 401) document.dispatchEvent(new Event("key-wanted"));
      const problem = problemOf(request.status, request.responseText);
      problem.after = Number(request.getResponseHeader("Retry-After"));
      fail(problem);
    };
    request.onerror = () => fail(new Problem({ code: "broken_off", message: "The upload broke off.",
      hint: "The server may not take so large a file, or is gone. Try again." }));
    request.onabort = () => fail(new DOMException("", "AbortError"));
    stop.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

// Follows a job to its end by server-sent events.
export function follow(job, told) {
  return new Promise((done, fail) => {
    const source = new EventSource(`/v1/jobs/${job}/events`);
    let misses = 0;
    source.addEventListener("progress", (event) => { misses = 0; told(JSON.parse(event.data)); });
    source.addEventListener("end", (event) => { source.close(); done(JSON.parse(event.data)); });
    source.onerror = () => { // a browser asks again by itself, but not after an answer that is an error
      if (++misses <= 20 && source.readyState !== EventSource.CLOSED) return;
      source.close();
      fail(new Problem(UNREACHED));
    };
  });
}
