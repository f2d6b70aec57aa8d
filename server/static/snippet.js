// What is copied from the page that shows how to embed the widget: two lines of HTML, and a rule of CSS.

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" }; // as `rag widget` does

/** The two lines that put the widget on a page; attributes that are empty or false are left out. */
export function lines({ service, integrity, attributes }) {
  const src = escaped(`${service.replace(/\/+$/, "")}/widget.js`);
  const set = Object.entries(attributes).filter(([, value]) => value);
  const written = set.map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${escaped(value)}"`));
  const script = `<script type="module" src="${src}" integrity="${integrity}" crossorigin="anonymous"></script>`;
  return `${script}\n<rag-chat${written.join("")}></rag-chat>`;
}

/** A rule that sets the variables of the widget, by name without `--rag-`; nothing where there are none. */
export function rule(variables) {
  const set = Object.entries(variables).map(([name, value]) => `  --rag-${name}: ${value};\n`);
  return set.length ? `rag-chat {\n${set.join("")}}` : "";
}

/** The value of a colour that is `light` and `dark`, where a page has one theme that of it. */
export function coloured(light, dark, theme) {
  if (theme) return theme === "light" ? light : dark;
  return light === dark ? light : `light-dark(${light}, ${dark})`;
}

/** `#rrggbb` for a colour written in hex, `null` for anything else. */
export function hex(text) {
  const [, digits] = /^\s*#?([0-9a-f]{3}|[0-9a-f]{6})\s*$/i.exec(text) ?? [];
  if (!digits) return null;
  return `#${digits.length === 3 ? digits.replace(/./g, "$&$&") : digits}`.toLowerCase();
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (found) => ESCAPED[found]);
}
