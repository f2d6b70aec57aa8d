// The form that a page shows where the service asks for a key; the key is kept in this tab only.

const SENT = /^[\x21-\x7e]*$/; // what a header may carry
const $ = (id) => document.getElementById(id);

/** The key of this tab, `null` where there is none. */
export function kept() {
  return sessionStorage.getItem("key") || null;
}

export class KeyForm {
  /** `go()` is called once a key was given; `unknown()` says that the service does not know one. */
  constructor(unknown, go) {
    Object.assign(this, { unknown, go });
    $("key-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#take($("key").value.trim());
    });
  }

  /** Asks for a key after a problem of this `kind`, and says so where the one of this tab is not known. */
  ask(kind) {
    $("key-form").hidden = false;
    this.#say(kind === "key" && kept() ? this.unknown() : "");
  }

  /** Takes the form away; the focus goes from it to `next`. */
  done(next) {
    if ($("key-form").contains(document.activeElement)) next.focus();
    $("key-form").hidden = true;
    $("key").value = "";
    this.#say("");
  }

  // Emptied before it is asked, so that a screen reader hears the same refusal again.
  #take(key) {
    this.#say("");
    if (!SENT.test(key)) return setTimeout(() => this.#say(this.unknown()));
    sessionStorage.setItem("key", key);
    return this.go();
  }

  #say(wrong) {
    $("key-wrong").textContent = wrong;
    $("key").ariaInvalid = wrong ? "true" : null;
  }
}
