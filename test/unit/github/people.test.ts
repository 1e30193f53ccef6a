import { afterEach, describe, expect, test } from "vitest";
import { apiFor } from "../../../src/github/api.ts";
import { connect } from "../../../src/github/client.ts";
import { reaches } from "../../../src/github/people.ts";
import { type GithubStandIn, type StandInPerson, startGithub } from "../../integration/github-stand-in.ts";

const open: GithubStandIn[] = [];

afterEach(async () => {
  for (const github of open.splice(0)) {
    expect(github.violations).toEqual([]);
    await github.close();
  }
});

async function apiWith(state: Parameters<typeof startGithub>[0]) {
  const github = await startGithub(state);
  open.push(github);
  const log = { debug: () => undefined, info: () => undefined, warning: () => undefined };
  const client = connect({ token: "t", apiUrl: github.url, log, sleep: async () => undefined, secondMs: 1 });
  return { github, api: apiFor(client, "acme/shop") };
}

const NOTHING = { pull: false, triage: false, push: false, maintain: false, admin: false };

describe("what a person may do", () => {
  test.each<[string, StandInPerson, string]>([
    ["an administrator", { permission: "admin" }, "admin"],
    ["a maintainer, whose base level is write", { permission: "write", role: "maintain" }, "maintain"],
    ["a triager, whose base level is read", { permission: "read", role: "triage" }, "triage"],
    [
      "a custom role on top of triage",
      { permission: "read", role: "release-captain", permissions: { ...NOTHING, pull: true, triage: true } },
      "triage",
    ],
    [
      "a custom role on top of write",
      {
        permission: "write",
        role: "release-captain",
        permissions: { ...NOTHING, pull: true, triage: true, push: true },
      },
      "write",
    ],
    ["a custom role where GitHub sends no flags", { permission: "write", role: "release-captain" }, "write"],
    ["somebody without access", { permission: "none" }, "none"],
  ])("%s", async (_, person, level) => {
    const { api } = await apiWith({ people: { someone: person } });
    expect((await api.getAccess("someone")).level).toBe(level);
  });

  test("a role that is called admin and is not one does not count", async () => {
    const person: StandInPerson = { permission: "read", role: "admin", permissions: { ...NOTHING, pull: true } };
    const { api } = await apiWith({ people: { someone: person } });
    expect((await api.getAccess("someone")).level).toBe("read");
  });

  test("who does not exist may do nothing, and that is no failure", async () => {
    const { api } = await apiWith({});
    const access = await api.getAccess("nobody");
    expect(access.level).toBe("none");
    expect(reaches(access, "read")).toBe(false);
  });
});

test("a reaction is there once and goes again", async () => {
  const { github, api } = await apiWith({});
  const { id, login } = await api.createReaction(77, "eyes");
  expect(login).toBe("github-actions[bot]");
  expect(await api.createReaction(77, "eyes")).toEqual({ id, login });
  await api.createReaction(77, "rocket");
  await api.deleteReaction(77, id);
  expect(github.state.reactions.map(({ content }) => content)).toEqual(["rocket"]);
});

test("a gate takes reports without a state and one decision", async () => {
  const { github, api } = await apiWith({});
  await api.reviewGate({ runId: 5, environment: "production", comment: "waiting" });
  await api.reviewGate({ runId: 5, environment: "production", state: "approved", comment: "no impact" });
  expect(github.state.reviews.map(({ state, comment }) => [state, comment])).toEqual([
    [null, "waiting"],
    ["approved", "no impact"],
  ]);
  await expect(api.reviewGate({ runId: 5, environment: "production", comment: "late" })).rejects.toMatchObject({
    code: "GITHUB_REJECTED",
  });
});

test("a missing permission is named", async () => {
  const { api } = await apiWith({ denied: new Set(["gates"]) });
  await expect(api.reviewGate({ runId: 5, environment: "production", comment: "x" })).rejects.toMatchObject({
    code: "GITHUB_PERMISSION",
    message: "GitHub did not allow to report to the deployment protection rule.",
  });
});
