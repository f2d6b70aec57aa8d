-- Schema version 2: what a service keeps beside the documents.

-- Collections that were made before they held a document; those that hold one exist without a row here.
CREATE TABLE collections (
  name TEXT PRIMARY KEY,
  created TEXT NOT NULL
) WITHOUT ROWID;

-- Documents that were removed, and at which change: what was read or accepted before may not bring them back.
CREATE TABLE removed (
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  change INTEGER NOT NULL,
  PRIMARY KEY (collection, id)
) WITHOUT ROWID;

-- Uploads: a job is a request, with its files.
CREATE TABLE jobs (
  row INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order of arrival
  id TEXT NOT NULL UNIQUE,
  collection TEXT NOT NULL,
  digest TEXT NOT NULL,                  -- of the collection, the names and the bytes: the same upload is the same job
  state TEXT NOT NULL,                   -- queued, running, done
  change INTEGER NOT NULL,               -- of the documents when it was accepted
  created TEXT NOT NULL,
  finished TEXT
);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_digest ON jobs (digest);
CREATE TABLE job_files (
  job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  number INTEGER NOT NULL,
  source TEXT NOT NULL,
  document_id TEXT,                      -- NULL for .jsonl, which holds many
  bytes INTEGER NOT NULL,
  data BLOB,                             -- NULL once it is done with
  state TEXT NOT NULL,                   -- queued, running, added, updated, unchanged, failed, cancelled
  detail TEXT,                           -- what is wrong, or was remarked
  passages INTEGER NOT NULL DEFAULT 0,   -- embedded so far
  attempts INTEGER NOT NULL DEFAULT 0,   -- how often it was taken in hand, and neither finished nor put back
  PRIMARY KEY (job, number)
);
CREATE INDEX job_files_by_document ON job_files (document_id);

-- API keys, by what can be shown of them; of the secret only its SHA-256.
CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  digest BLOB NOT NULL,
  write INTEGER NOT NULL,                -- 1: may also upload, delete, make and drop
  collections TEXT,                      -- JSON list; NULL for all
  origins TEXT,                          -- JSON list: a browser key, which works from pages of these only; else NULL
  created TEXT NOT NULL,
  revoked TEXT
) WITHOUT ROWID;

-- Thumbs on answers, with what was asked, as the client sent it, and what was quoted, as it was checked.
CREATE TABLE feedback (
  answer_id TEXT PRIMARY KEY,
  collection TEXT NOT NULL,
  rating TEXT NOT NULL,                  -- up, down
  comment TEXT,
  question TEXT,
  answer TEXT,                           -- JSON: its status, and its quotes as they stood in the documents
  created TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX feedback_by_age ON feedback (created);
CREATE TABLE feedback_documents (        -- which documents a rated answer quotes, for when one is removed
  answer_id TEXT NOT NULL REFERENCES feedback ON DELETE CASCADE,
  document_id TEXT NOT NULL,
  PRIMARY KEY (answer_id, document_id)
) WITHOUT ROWID;
CREATE INDEX feedback_documents_by_document ON feedback_documents (document_id);
