// Files that are dropped on the page: seen while they hang over it, those of folders too.

/** Has `take(files)` get what is dropped where `welcome()`; `over(bool)` is told when files hang over the page. */
export function listen(welcome, over, take) {
  const on = (name, act) => addEventListener(name, (event) => hasFiles(event) && act(event));
  const show = (event) => {
    event.preventDefault(); // else the browser would leave the page to show the file
    event.dataTransfer.dropEffect = welcome() ? "copy" : "none";
    over(welcome());
  };
  on("dragenter", show);
  on("dragover", show);
  on("dragleave", ({ relatedTarget }) => relatedTarget || over(false));
  on("drop", (event) => {
    event.preventDefault();
    over(false);
    if (welcome()) dropped(event.dataTransfer).then(take);
  });
}

function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files");
}

// The list is empty once the event is over, so all entries are taken before the first is read.
async function dropped({ items }) {
  const files = [...items].filter(({ kind }) => kind === "file");
  const given = files.map((item) => [item.webkitGetAsEntry(), item.getAsFile()]);
  const found = [];
  for (const [entry, file] of given) {
    if (entry?.isDirectory) await walk(entry, found);
    else if (file) found.push({ file, name: file.name });
  }
  return found;
}

const MOST = 1000; // files of one drop: as many as the service lets wait

async function walk(entry, found) {
  if (found.length >= MOST || entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) found.push({ file, name: entry.fullPath.slice(1) });
    return;
  }
  const reader = entry.createReader();
  for (let some = [null]; some.length; ) {
    some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    for (const one of some) await walk(one, found);
  }
}
