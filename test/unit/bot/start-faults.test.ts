import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { startFault } from "../../../src/bot/start-faults.ts";

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

function listen(port: number): Promise<{ readonly port: number; readonly error: unknown }> {
  const server = createServer();
  open.push(server);
  return new Promise((resolve) => {
    server.once("error", (error) => resolve({ port, error }));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve({ port: typeof address === "object" && address !== null ? address.port : port, error: null });
    });
  });
}

test("a port that is taken is said with the setting that changes it", async () => {
  const { port } = await listen(0);
  const { error } = await listen(port);
  const fault = startFault(error);
  expect(fault?.message).toBe("Another process listens there already (EADDRINUSE).");
  expect(fault?.hint).toContain("PORT");
});

test.each([
  ["ECONNREFUSED", "DATABASE_URL"],
  ["28P01", "password"],
  ["EACCES", "DATA_FOLDER"],
])("%s names what to change, and nothing of the message, which may quote an address with a password", (code, word) => {
  const fault = startFault(Object.assign(new Error("postgres://me:hunter2@db"), { code }));
  expect(fault?.hint).toContain(word);
  expect(`${fault?.message}${fault?.hint}`).not.toContain("hunter2");
  expect(fault?.exitCode).toBe(64);
});

test("what is not of the machine stays a bug with its stack", () => {
  expect(startFault(new TypeError("x is not a function"))).toBeNull();
  expect(startFault(Object.assign(new Error("?"), { code: "ERR_ASSERTION" }))).toBeNull();
  expect(startFault("text")).toBeNull();
});
