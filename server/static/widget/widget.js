// Defines <rag-chat>; a page may load this twice.

import { RagChat } from "./element.js";

if (!customElements.get("rag-chat")) customElements.define("rag-chat", RagChat);
