// Requests that change something, and tell how far they are: only XMLHttpRequest says how much of a body has gone.

import { lost, problem } from "./widget/service.js";

/**
 * The service's reply to a request, `null` where it has no body; throws a Problem, or the AbortError of `signal`.
 * `sent` is told the share of the body that has gone, from 0 to 1.
 */
export function exchange({ service, key }, method, path, { body = null, signal = null, sent = () => {} } = {}) {
  const request = new XMLHttpRequest();
  request.open(method, new URL(path, service));
  request.setRequestHeader("Accept", "application/json");
  if (key) request.setRequestHeader("Authorization", `Bearer ${key}`);
  request.upload.addEventListener("progress", ({ loaded, total }) => sent(total ? loaded / total : 0));
  return new Promise((resolve, reject) => {
    const stop = () => request.abort();
    signal?.addEventListener("abort", stop);
    request.addEventListener("loadend", () => signal?.removeEventListener("abort", stop));
    request.addEventListener("load", () => (good(request) ? resolve(json(request)) : reject(refusal(request))));
    request.addEventListener("error", () => reject(lost(new TypeError("no reply"))));
    request.addEventListener("abort", () => reject(lost(new DOMException("aborted", "AbortError"))));
    request.send(body);
  });
}

function good({ status }) {
  return status >= 200 && status < 300;
}

function refusal(request) {
  const { detail, errors } = json(request) ?? {};
  const told = errors?.length ? errors.map((one) => one.detail).join("; ") : detail;
  return problem(request.status, told, request.getResponseHeader("Retry-After"));
}

function json({ responseText }) {
  try {
    return JSON.parse(responseText);
  } catch {
    return null;
  }
}
