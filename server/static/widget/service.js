// Talks to the service: questions as server-sent events, thumbs, the text of documents.

import { events } from "./events.js";

/** What went wrong, in a word that the message catalogues know. */
export class Problem extends Error {
  constructor(kind, { status = 0, detail = "", retryAfter = 0 } = {}) {
    super(detail || kind);
    Object.assign(this, { kind, status, detail, retryAfter });
  }
}

const KINDS = { 401: "key", 403: "forbidden", 404: "missing", 429: "rate", 503: "busy" };
const MOST_WAIT_S = 600;

/** The events of an answer, `{ name, data }`, the last of which is `done`; throws a Problem. */
export async function* ask(place, body, signal) {
  const response = await send(place, "v1/ask", { ...body, stream: true }, signal, "text/event-stream");
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield { name: "done", data: await parsed(response) };
    return;
  }
  for await (const event of unbroken(response.body)) {
    const data = parse(event.data);
    if (event.name === "error") throw problem(data.status, data.detail);
    yield { name: event.name, data };
    if (event.name === "done") return;
  }
  throw new Problem("cut");
}

/** Sends a thumb. */
export async function rate(place, body) {
  await send(place, "v1/feedback", body);
}

/** What the service has at a path, or replies to a body. */
export async function read(place, path, body) {
  return parsed(await send(place, path, body));
}

/** The text of a document. */
export async function documentText(place, documentId, collection) {
  const query = new URLSearchParams({ collection });
  return (await read(place, `v1/documents/${encodeURIComponent(documentId)}/text?${query}`)).text;
}

const MOST_LINKED = 500; // characters of a quote that a link carries

/** Where a person reads the document, a span of it marked; a short quote goes along, after `#`, which is not sent. */
export function sourceLink(place, { document_id: id, start, end, quote = "" }, collection) {
  const query = new URLSearchParams({ collection, start, end });
  const carried = quote && quote.length <= MOST_LINKED ? `#${new URLSearchParams({ quote })}` : "";
  return new URL(`documents/${encodeURIComponent(id)}?${query}${carried}`, place.service).href;
}

/** The response to a request, to be read by who asks; throws a Problem. */
export async function send({ service, key }, path, body, signal, accept = "application/json") {
  const headers = { Accept: accept };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers.Authorization = `Bearer ${key}`;
  const options = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal };
  let response;
  try {
    response = await fetch(new URL(path, service), { ...options, credentials: "omit", referrerPolicy: "no-referrer" });
  } catch (error) {
    throw lost(error);
  }
  if (response.ok) return response;
  const { detail } = await response.json().catch(() => ({}));
  throw problem(response.status, detail, response.headers.get("retry-after"));
}

/** What a refusal of the service is. */
export function problem(status, detail, after) {
  const wait = /^\d+$/.test(after ?? "") ? Number(after) : Math.ceil((Date.parse(after) - Date.now()) / 1000);
  return new Problem(KINDS[status] ?? (status >= 500 ? "failed" : "refused"), {
    status,
    detail: String(detail ?? ""),
    retryAfter: Math.min(MOST_WAIT_S, Math.max(0, wait || 0)),
  });
}

/** What a request that came to no reply is. */
export function lost(error) {
  if (error.name === "AbortError") return error;
  return new Problem(navigator.onLine ? "unreachable" : "offline");
}

async function* unbroken(body) {
  try {
    yield* events(body);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem(navigator.onLine ? "cut" : "offline");
  }
}

async function parsed(response) {
  return parse(await response.text().catch(() => ""));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem("cut");
  }
}
