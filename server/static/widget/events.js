// Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from a response.

/** The events `{ name, data }` of a stream of bytes; one that the stream breaks off in is dropped. */
export async function* events(body) {
  let name = "";
  let data = [];
  for await (const line of lines(body)) {
    if (!line) {
      if (data.length) yield { name: name || "message", data: data.join("\n") };
      name = "";
      data = [];
      continue;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
  }
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const held = []; // pieces of a line that has not ended: joined once, however many there are
  let afterReturn = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const text = afterReturn && value.startsWith("\n") ? value.slice(1) : value;
      afterReturn = value.endsWith("\r");
      const parts = text.split(/\r\n|\n|\r/);
      for (const part of parts.slice(0, -1)) {
        held.push(part);
        yield held.splice(0).join("");
      }
      held.push(parts.at(-1));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
