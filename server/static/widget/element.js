// The element <rag-chat>: attributes and properties, its life on a page, methods and events.

import { Chat } from "./chat.js";
import { button, el, icon } from "./dom.js";
import { translator } from "./messages.js";
import { Panel } from "./panel.js";
import { documentText, sourceLink } from "./service.js";
import { sheet } from "./styles.js";

const REFLECTED = ["service", "collection", "title", "greeting", "position", "theme", "language", "label", "inline"];
const HELD = ["key", "suggestions"]; // as properties they are kept out of the page's markup
const SPEAKS = new Set(["title", "greeting", "suggestions", "language", "label", "inline"]);
const FULL_SCREEN = "(max-width: 480px), (max-height: 420px)";
const HERE = new URL("./", import.meta.url).href;

export class RagChat extends HTMLElement {
  static observedAttributes = [...REFLECTED, ...HELD];
  #held = {};
  #panel = null;
  #launcher = null;
  #name = null;
  #screen = matchMedia(FULL_SCREEN);
  #chat = new Chat(
    () => this.#place(),
    (turns) => this.#panel?.update(turns),
    (name, detail) => this.#emit(name, detail),
  );

  constructor() {
    super();
    this.attachShadow({ mode: "open", delegatesFocus: false }).adoptedStyleSheets = [sheet()];
  }

  connectedCallback() {
    for (const name of [...REFLECTED, ...HELD]) this.#upgrade(name);
    for (const name of ["online", "offline"]) addEventListener(name, this.#online);
    this.#screen.addEventListener("change", this.#reopen);
    this.#resume();
    if (this.#launcher || this.#panel) this.#reopen();
    else this.#build();
  }

  // A move within the page is a removal that is followed by an insertion: only what stays away is stopped.
  disconnectedCallback() {
    for (const name of ["online", "offline"]) removeEventListener(name, this.#online);
    this.#screen.removeEventListener("change", this.#reopen);
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#chat.pause();
      this.#name = null;
    });
  }

  connectedMoveCallback() {}

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || before === after) return;
    if (name === "service" || name === "collection") this.#resume();
    if (SPEAKS.has(name)) this.#build();
  }

  /** Opens the panel and gives it the focus. */
  open() {
    if (!this.isConnected || this.inline) return;
    const panel = this.#made();
    if (panel.node.open) return;
    this.#launcher.hidden = true;
    this.#show();
    panel.input.focus();
    this.#emit("open", {});
  }

  /** Closes the panel; the focus goes back to the launcher. */
  close() {
    if (!this.#panel?.node.open) return;
    const held = this.shadowRoot.activeElement || this.#panel.node.matches(":modal");
    this.#panel.closeSource(false);
    this.#panel.node.close();
    this.#launcher.hidden = false;
    if (held) this.#launcher.focus();
    this.#emit("close", {});
  }

  /** Opens the panel and asks; gives the reply as the service sent it, or null where none came. */
  ask(text) {
    this.open();
    return this.#chat.ask(String(text));
  }

  /** Stops the answer under way. */
  stop() {
    this.#chat.stop();
  }

  /** Forgets the conversation. */
  clear() {
    this.#chat.clear();
  }

  /** Properties that were set before the module was loaded hide the accessors: they are set anew. */
  #upgrade(name) {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete this[name];
    this[name] = value;
  }

  setHeld(name, value) {
    this.#held[name] = value;
    if (this.isConnected && SPEAKS.has(name)) this.#build();
  }

  getHeld(name) {
    return this.#held[name] ?? this.getAttribute(name);
  }

  #place() {
    const service = new URL(this.service || HERE, document.baseURI);
    if (!/^https?:$/.test(service.protocol)) throw new TypeError(`rag-chat: ${service.href} is no service`);
    if (!service.pathname.endsWith("/")) service.pathname += "/";
    return { service: service.href, key: this.key, collection: this.collection || "default" };
  }

  #resume() {
    const { service, collection } = this.#place();
    const name = `${this.id} ${service} ${collection}`;
    if (name === this.#name) return;
    this.#name = name;
    this.#chat.resume(name);
  }

  #build() {
    const open = this.#panel?.node.open;
    const t = translator(this.language || this.closest("[lang]")?.lang || navigator.language);
    this.#panel?.dispose();
    this.#panel = null;
    this.t = t;
    const attributes = { class: "launcher", part: "launcher", title: "", "aria-haspopup": "dialog" };
    const said = el("span", {}, this.label || t("launch"));
    this.#launcher = button({ ...attributes, click: () => this.open() }, icon("ask"), said);
    const root = el("div", { class: "root", lang: t.lang, dir: t.dir });
    this.shadowRoot.replaceChildren(root);
    if (!this.inline) root.append(this.#launcher);
    if (this.inline) this.#made();
    else if (open) this.open();
  }

  #made() {
    if (this.#panel) return this.#panel;
    const { t } = this;
    const given = this.suggestions ?? [];
    const suggestions = (Array.isArray(given) ? given : given.split("|")).map((s) => s.trim()).filter(Boolean);
    const texts = { heading: this.title || t("title"), greeting: this.greeting || t("greeting"), suggestions };
    this.#panel = new Panel(this.#ui(t), texts, this.#acts(), !this.inline);
    this.#panel.node.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#panel.escape();
    });
    this.shadowRoot.firstChild.append(this.#panel.node);
    this.#panel.update(this.#chat.turns);
    this.#online();
    return this.#panel;
  }

  #ui(t) {
    const section = (at) => (at.section[0] === at.title ? at.section.slice(1) : at.section).join(" › ");
    return {
      t,
      section,
      where: (at) => [section(at), at.page && `${t("page")} ${at.page}`, at.date && t.date(at.date)].filter(Boolean),
      link: (at) => sourceLink(this.#place(), at, this.#place().collection),
      retry: (id) => this.#chat.retry(id),
      rate: (...thumb) => this.#chat.rate(...thumb),
    };
  }

  #acts() {
    return {
      ask: (text) => this.#chat.ask(text),
      stop: () => this.stop(),
      clear: () => {
        this.clear();
        this.#panel.input.focus();
      },
      close: () => this.close(),
      load: (turn, at) => documentText(this.#place(), at.document_id, turn.collection),
    };
  }

  #show() {
    const dialog = this.#panel.node;
    if (this.#screen.matches) dialog.showModal();
    else dialog.show();
  }

  // The screen has turned or the element was moved: shown anew, since only showing makes a dialog modal or not.
  #reopen = () => {
    const dialog = this.#panel?.node;
    if (!dialog?.open || this.inline) return;
    const focused = this.shadowRoot.activeElement;
    dialog.close();
    this.#show();
    (focused ?? this.#panel.input).focus();
  };

  #online = () => {
    if (this.#panel) this.#panel.offline.hidden = navigator.onLine;
  };

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`rag-${name}`, { detail, bubbles: true, composed: true }));
  }
}

for (const name of REFLECTED) {
  Object.defineProperty(RagChat.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      return name === "inline" ? this.hasAttribute(name) : (this.getAttribute(name) ?? "");
    },
    set(value) {
      if (value === null || value === undefined || value === false) this.removeAttribute(name);
      else this.setAttribute(name, value === true ? "" : value);
    },
  });
}

for (const name of HELD) {
  Object.defineProperty(RagChat.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      return this.getHeld(name);
    },
    set(value) {
      this.setHeld(name, value);
    },
  });
}
