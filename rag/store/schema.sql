-- The truth: everything else in the index folder is derived from this database.
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
-- Tells this database's derived indexes from those of another, whose keys begin at 1 as well.
INSERT INTO meta VALUES ('id', lower(hex(randomblob(16))));
-- Counts what was stored and removed, so that a reader notices.
INSERT INTO meta VALUES ('changes', '0');

CREATE TABLE documents (
  row INTEGER PRIMARY KEY,
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  source TEXT NOT NULL,
  title TEXT NOT NULL,
  media_type TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  characters INTEGER NOT NULL,
  passages INTEGER NOT NULL,
  root TEXT NOT NULL, -- the folder that was ingested, or the folder of a single file
  file TEXT NOT NULL, -- path below the root
  UNIQUE (collection, id)
);
CREATE INDEX documents_by_file ON documents (collection, root, file);

CREATE TABLE sections (
  document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
  number INTEGER NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  heading TEXT NOT NULL, -- JSON: path, outermost first
  author TEXT,
  date TEXT,
  PRIMARY KEY (document, number)
) WITHOUT ROWID;

CREATE TABLE pages (
  document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
  start INTEGER NOT NULL,
  page INTEGER NOT NULL,
  PRIMARY KEY (document, start, page)
) WITHOUT ROWID;

CREATE TABLE boilerplate (
  document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  PRIMARY KEY (document, start)
) WITHOUT ROWID;

-- Text in blocks, so that a quote is looked up without reading a long document whole.
CREATE TABLE texts (
  document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
  block INTEGER NOT NULL,
  text BLOB NOT NULL,
  PRIMARY KEY (document, block)
) WITHOUT ROWID;

CREATE TABLE passages (
  key INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a passage that changes gets another key
  document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
  section INTEGER NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  page INTEGER,                          -- on which it begins; NULL where the source has no pages
  context TEXT NOT NULL,                 -- title and headings, embedded and indexed before the text
  text BLOB NOT NULL,
  sentences BLOB NOT NULL,               -- int32 pairs, in offsets of the document
  digest BLOB NOT NULL,                  -- of all that the vectors depend on
  vector BLOB NOT NULL,                  -- float32
  sentence_vectors BLOB NOT NULL,        -- float16, one row a sentence
  words TEXT NOT NULL                    -- stemmed words, one line a sentence
);
CREATE INDEX passages_by_document ON passages (document);
CREATE INDEX passages_by_digest ON passages (digest);

-- Keys of the paragraphs at either end of each document, by which openings that files share are found.
CREATE TABLE edges (
  document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
  key TEXT NOT NULL,
  PRIMARY KEY (document, key)
) WITHOUT ROWID;
CREATE INDEX edges_by_key ON edges (key);

-- Files read to the end, so that unchanged ones are skipped.
CREATE TABLE files (
  collection TEXT NOT NULL,
  root TEXT NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (collection, root, file)
) WITHOUT ROWID;
