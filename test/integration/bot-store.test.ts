import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { lockFolder } from "../../src/bot/store/folder-lock.ts";
import { isMigrated, migrate } from "../../src/bot/store/migrate.ts";
import { MIGRATIONS } from "../../src/bot/store/migrations.ts";
import { openDatabase } from "../../src/bot/store/open.ts";
import { openServer } from "../../src/bot/store/server.ts";
import { type PostgresqlServer, postgresqlAvailability, startPostgresql } from "./servers/postgresql.ts";
import { makeFolder } from "./servers/process.ts";

const { missing, note } = postgresqlAvailability();
const OPTIONS = { connections: 4, onError: () => undefined };

interface Place {
  readonly open: () => Promise<OpenDatabase>;
  readonly remove: () => Promise<void>;
}

async function folderPlace(): Promise<Place> {
  const folder = await makeFolder("store");
  const data = join(folder.path, "data");
  return { open: () => openDatabase({ kind: "embedded", folder: data }, OPTIONS), remove: folder.remove };
}

async function serverPlace(): Promise<Place> {
  const server = await startPostgresql();
  const url = await server.createDatabase();
  return { open: () => openDatabase({ kind: "server", url }, OPTIONS), remove: server.stop };
}

const BACKENDS = [
  { name: "the embedded database", skip: false, place: folderPlace },
  { name: `a PostgreSQL server${note}`, skip: missing, place: serverPlace },
];

for (const { name, skip, place } of BACKENDS) {
  describe.skipIf(skip)(`the store in ${name}`, () => {
    let at: Place;
    let database: OpenDatabase;

    beforeAll(async () => {
      at = await place();
      database = await at.open();
      await database.query(
        "create table things (id bigint primary key, at timestamptz, doc jsonb, raw bytea, tags text[])",
      );
    });
    afterAll(async () => {
      await database?.close();
      await at?.remove();
    });

    test("values come back as what they are", async () => {
      const at = new Date("2026-03-01T10:20:30.456Z");
      const raw = Uint8Array.from([0, 1, 254, 255]);
      await database.query("insert into things (id, at, doc, raw, tags) values ($1, $2, $3::jsonb, $4, $5)", [
        9_007_199_254_740_991,
        at,
        JSON.stringify({ a: [1, null, "ü"] }),
        raw,
        ["x", "y,z"],
      ]);
      const [row] = await database.query<Record<string, unknown>>("select * from things");
      expect(row).toMatchObject({ id: 9_007_199_254_740_991, at, doc: { a: [1, null, "ü"] }, tags: ["x", "y,z"] });
      expect(Uint8Array.from(row?.raw as Uint8Array)).toEqual(raw);
      expect(await database.query("select count(*) as n from things")).toEqual([{ n: 1 }]);
      expect(await database.query("select id from things where id = any($1)", [[1, 2]])).toEqual([]);
      expect(await database.query("select $1::text as text, $2::boolean as yes", [null, true])).toEqual([
        { text: null, yes: true },
      ]);
    });

    test("a transaction happens as a whole or not at all", async () => {
      await database.transaction((inside) => inside.query("insert into things (id) values (2)"));
      const failed = database.transaction(async (inside) => {
        await inside.query("insert into things (id) values (3)");
        throw new Error("no");
      });
      await expect(failed).rejects.toThrow("no");
      expect(await database.query("select id from things where id in (2, 3)")).toEqual([{ id: 2 }]);
    });

    test("a failed part of a transaction leaves the rest of it standing", async () => {
      await database.transaction(async (inside) => {
        await inside.query("insert into things (id) values (4)");
        const part = inside.transaction((deeper) => deeper.query("insert into things (id) values (5), (4)"));
        await expect(part).rejects.toThrow(/duplicate key/);
      });
      expect(await database.query("select id from things where id in (4, 5)")).toEqual([{ id: 4 }]);
    });

    test("a statement that goes around the open transaction is refused rather than waiting for ever", async () => {
      const around = database.transaction(() => database.query("select 1"));
      await expect(around).rejects.toThrow("has to go through the transaction's own handle");
      expect(await database.query("select 1 as one")).toEqual([{ one: 1 }]);
    });

    test("a statement after the end of its transaction is refused", async () => {
      const kept = await database.transaction(async (inside) => inside);
      expect(() => kept.query("select 1")).toThrow("has ended");
    });

    test("transactions side by side do not mix", async () => {
      const ids = Array.from({ length: 20 }, (_, index) => 100 + index);
      const results = await Promise.allSettled(
        ids.map((id) =>
          database.transaction(async (inside) => {
            await inside.query("insert into things (id) values ($1)", [id]);
            await inside.query("select 1");
            if (id % 2 === 1) throw new Error("odd");
          }),
        ),
      );
      expect(results.filter((result) => result.status === "rejected")).toHaveLength(10);
      expect(await database.query("select count(*) as n from things where id between 100 and 119")).toEqual([
        { n: 10 },
      ]);
    });

    test("a key is held once until it is released", async () => {
      const first = await database.hold("analysis 1");
      expect(first).not.toBeNull();
      expect(await database.hold("analysis 1")).toBeNull();
      expect(await database.hold("analysis 2")).not.toBeNull();
      await first?.release();
      expect(await database.hold("analysis 1")).not.toBeNull();
    });

    test("the schema is made once and is the one of this version", async () => {
      expect(await migrate(database)).toBe(0);
      expect(await isMigrated(database)).toBe(true);
    });

    test("a further step is taken once, and not at all when it fails", async () => {
      const step = {
        id: 1000,
        name: "more",
        sql: "create table more (id integer);\n-- a comment;\ninsert into more values (1);\n",
      };
      const broken = { id: 1001, name: "broken", sql: "create table half (id integer);\nselect nonsense;" };
      await expect(migrate(database, [...MIGRATIONS, step, broken])).rejects.toThrow(/nonsense/);
      expect(await database.query("select to_regclass('more') as more, to_regclass('half') as half")).toEqual([
        { more: null, half: null },
      ]);
      expect(await migrate(database, [...MIGRATIONS, step])).toBe(1);
      expect(await database.query("select id from more")).toEqual([{ id: 1 }]);
      await expect(migrate(database)).rejects.toThrow("The database was made by a newer version (step 1000, more).");
      expect(await isMigrated(database)).toBe(false);
      await database.query("delete from schema_migrations where id = 1000");
    });

    test("a step that was changed after it was taken is refused", async () => {
      const changed = MIGRATIONS.map((step) => ({ ...step, sql: `${step.sql}\nselect 1;` }));
      await expect(migrate(database, changed)).rejects.toThrow(/made by another build \(step 1,/);
    });

    test("what was written is there after closing and opening", async () => {
      await database.close();
      database = await at.open();
      expect(await database.query("select id from things where id = 2")).toEqual([{ id: 2 }]);
    });
  });
}

describe("the folder of the embedded database", () => {
  test("a second process is told who has it; after the first one was killed it may have it", async () => {
    const folder = await makeFolder("lock");
    const data = join(folder.path, "data");
    mkdirSync(data);
    const code = `import { lockFolder } from ${JSON.stringify(new URL("../../src/bot/store/folder-lock.ts", import.meta.url).href)};
      lockFolder(${JSON.stringify(data)}); console.log("locked"); setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ["--input-type=module-typescript", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    expect(() => lockFolder(data)).toThrow(`The data folder ${data} is in use by process ${other.pid} on `);
    other.kill("SIGKILL");
    await once(other, "close");
    const lock = lockFolder(data);
    expect(() => lockFolder(data)).toThrow(`in use by process ${process.pid}`);
    lock.release();
    lockFolder(data).release();
    await folder.remove();
  });
});

describe.skipIf(missing)(`many processes on one PostgreSQL server${note}`, () => {
  let server: PostgresqlServer;
  beforeAll(async () => {
    server = await startPostgresql();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test("all may start at once on an empty database", async () => {
    const url = await server.createDatabase();
    const all = await Promise.all(Array.from({ length: 6 }, () => openDatabase({ kind: "server", url }, OPTIONS)));
    expect(await Promise.all(all.map((database) => isMigrated(database)))).toEqual(all.map(() => true));
    await Promise.all(all.map((database) => database.close()));
  });

  test("a key that one of them holds is not given to another one, and is free when its connection breaks", async () => {
    const url = await server.createDatabase();
    const [one, two] = [openServer(url, OPTIONS), openServer(url, OPTIONS)];
    const held = await one.hold("k");
    expect(await two.hold("k")).toBeNull();
    const broken = new Promise((resolve) => held?.lost.addEventListener("abort", resolve));
    await two.query("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'");
    await broken;
    expect(await two.hold("k")).not.toBeNull();
    expect(await one.hold("k")).toBeNull();
    await Promise.all([one.close(), two.close()]);
  });

  test("a server that is not there is an error that does not hang", async () => {
    const nowhere = openDatabase({ kind: "server", url: "postgresql://postgres@127.0.0.1:1/x" }, OPTIONS);
    await expect(nowhere).rejects.toThrow(/ECONNREFUSED/);
  });
});
