BEGIN TRANSACTION;
CREATE TABLE access_classes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	grants JSON NOT NULL
);
INSERT INTO "access_classes" VALUES(1,'["everyone"]');
CREATE TABLE audit (
	seq INTEGER NOT NULL, 
	time TEXT NOT NULL, 
	kind VARCHAR NOT NULL, 
	principal TEXT NOT NULL, 
	body TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	PRIMARY KEY (seq)
);
INSERT INTO "audit" VALUES(1,'2026-11-23T05:36:28.859805+00:00','ask','ann','{"question":"Old?"}','0000000000000000000000000000000000000000000000000000000000000000','f148d7dfec34218fc8fc7a4ccf36f1349a8e64e123b3226657a5b55b8d8174dc');
CREATE TABLE batch_drops (
	batch_id INTEGER NOT NULL, 
	document_id INTEGER NOT NULL, 
	PRIMARY KEY (batch_id, document_id), 
	FOREIGN KEY(batch_id) REFERENCES batches (id) ON DELETE CASCADE, 
	FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE
);
CREATE TABLE batches (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	created_at DATETIME NOT NULL
);
CREATE TABLE documents (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	source_id INTEGER NOT NULL, 
	path BLOB NOT NULL, 
	name TEXT NOT NULL, 
	withheld BOOLEAN NOT NULL, 
	FOREIGN KEY(source_id) REFERENCES sources (id) ON DELETE CASCADE
);
INSERT INTO "documents" VALUES(1,1,X'612E6D64','docs/a.md',0);
CREATE TABLE meta (
	"key" VARCHAR NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('format','1');
INSERT INTO "meta" VALUES('audit_head','f148d7dfec34218fc8fc7a4ccf36f1349a8e64e123b3226657a5b55b8d8174dc');
INSERT INTO "meta" VALUES('audit_count','1');
CREATE TABLE pages (
	revision_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	text BLOB NOT NULL, 
	label TEXT NOT NULL, 
	structure JSON NOT NULL, 
	problem TEXT, 
	PRIMARY KEY (revision_id, number), 
	FOREIGN KEY(revision_id) REFERENCES revisions (id) ON DELETE CASCADE
);
INSERT INTO "pages" VALUES(1,1,X'789CF3CF495128CF2F4A29D6030013E9039D','','{"headings": [[0, 1, "Old"]], "tables": [[0, 3, "x"]]}',NULL);
INSERT INTO "pages" VALUES(1,2,X'789C030000000001','','{"headings": [], "tables": []}','no text');
CREATE TABLE recounts (
	document_id INTEGER NOT NULL, 
	passages INTEGER NOT NULL, 
	length BIGINT NOT NULL, 
	terms BLOB NOT NULL, 
	PRIMARY KEY (document_id), 
	FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE
);
CREATE TABLE revisions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	document_id INTEGER NOT NULL, 
	state VARCHAR NOT NULL, 
	batch_id INTEGER, 
	sha256 VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	mtime_ns BIGINT NOT NULL, 
	ctime_ns BIGINT NOT NULL, 
	inode BIGINT NOT NULL, 
	settled BOOLEAN NOT NULL, 
	reader VARCHAR NOT NULL, 
	read_at DATETIME NOT NULL, 
	seconds FLOAT NOT NULL, 
	title TEXT NOT NULL, 
	media_type VARCHAR NOT NULL, 
	date DATETIME, 
	problem TEXT, 
	notes JSON NOT NULL, 
	imperfect BOOLEAN NOT NULL, 
	passages INTEGER NOT NULL, 
	length BIGINT NOT NULL, 
	terms BLOB NOT NULL, 
	FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE, 
	FOREIGN KEY(batch_id) REFERENCES batches (id) ON DELETE CASCADE
);
INSERT INTO "revisions" VALUES(1,1,'current',NULL,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',5,6,7,8,1,'r','2026-11-23 05:36:28.802439',0.0,'Title','text/markdown','2024-02-29 00:00:00.000000',NULL,'[]',1,1,2,X'789CAB56CACF4951B25230D451502ACF2F02336B0141C205DE');
CREATE TABLE sources (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	root BLOB NOT NULL, 
	pattern BLOB NOT NULL, 
	prefix TEXT NOT NULL, 
	access_id INTEGER NOT NULL, 
	device BIGINT, 
	added_at DATETIME NOT NULL, 
	UNIQUE (name), 
	FOREIGN KEY(access_id) REFERENCES access_classes (id)
);
INSERT INTO "sources" VALUES(1,'docs','folder',X'2F782F646F6373',X'','docs',1,NULL,'2026-11-23 05:36:28.783401');
CREATE TABLE term_counts (
	access_id INTEGER NOT NULL, 
	term TEXT NOT NULL, 
	passages INTEGER NOT NULL, 
	PRIMARY KEY (access_id, term), 
	FOREIGN KEY(access_id) REFERENCES access_classes (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "term_counts" VALUES(1,'old',1);
INSERT INTO "term_counts" VALUES(1,'word',1);
CREATE TABLE totals (
	access_id INTEGER NOT NULL, 
	passages BIGINT NOT NULL, 
	length BIGINT NOT NULL, 
	PRIMARY KEY (access_id), 
	FOREIGN KEY(access_id) REFERENCES access_classes (id) ON DELETE CASCADE
);
INSERT INTO "totals" VALUES(1,1,2);
CREATE INDEX ix_documents_name ON documents (name);
CREATE INDEX ix_documents_source_id ON documents (source_id);
CREATE UNIQUE INDEX one_revision_per_state ON revisions (document_id, state);
CREATE INDEX ix_revisions_batch_id ON revisions (batch_id);
CREATE INDEX pages_with_problems ON pages (revision_id) WHERE problem IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('access_classes',1);
INSERT INTO "sqlite_sequence" VALUES('sources',1);
INSERT INTO "sqlite_sequence" VALUES('documents',1);
INSERT INTO "sqlite_sequence" VALUES('batches',1);
INSERT INTO "sqlite_sequence" VALUES('revisions',1);
COMMIT;
