// Keeps conversations in the tab, so that they outlast a change of page.

const claimed = new Set();
const storageName = (name) => `rag-chat/1 ${name}`; // another number when turns change their shape

/** A place in sessionStorage under a name; the second element of one name on a page keeps nothing. */
export class Memory {
  constructor(name) {
    this.name = storageName(name);
    this.mine = false;
    this.claim();
  }

  is(name) {
    return this.name === storageName(name);
  }

  /** Takes the name, unless another has it. */
  claim() {
    if (this.mine || claimed.has(this.name)) return;
    this.mine = true;
    claimed.add(this.name);
  }

  /** What was kept, an empty list where nothing can be read. */
  read() {
    try {
      const found = this.mine && JSON.parse(sessionStorage.getItem(this.name));
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }

  /** Keeps a list, or its newer half where there is no room for all. */
  write(list) {
    if (!this.mine) return;
    try {
      if (list.length) sessionStorage.setItem(this.name, JSON.stringify(list));
      else sessionStorage.removeItem(this.name);
    } catch {
      if (list.length > 1) this.write(list.slice(-Math.floor(list.length / 2)));
    }
  }

  /** Leaves the name to others. */
  free() {
    if (this.mine) claimed.delete(this.name);
    this.mine = false;
  }
}
