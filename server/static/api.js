// Talks to the service.

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The reply's JSON; a body makes it a POST. Throws a Problem with words for the reader. */
export async function api(path, body, signal) {
  const key = sessionStorage.getItem("key");
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: {
      Accept: "application/json",
      ...(body && { "Content-Type": "application/json" }),
      ...(key && { Authorization: `Bearer ${key}` }),
    },
    body: body && JSON.stringify(body),
    signal,
  });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  throw new Problem(response.status, words(response.status, problem.detail));
}

function words(status, detail) {
  if (status === 401 && sessionStorage.getItem("key")) return "The service does not know this key.";
  if (status === 401) return "This service asks for a key.";
  if (status === 503) return detail ?? "The service is busy. Try again in a moment.";
  return detail ?? `The service answered with an error (${status}).`;
}

export function setKey(key) {
  sessionStorage.setItem("key", key);
}

export function textUrl(documentId) {
  return `v1/documents/${encodeURIComponent(documentId)}/text`;
}
