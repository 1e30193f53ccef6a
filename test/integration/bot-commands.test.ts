import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { commandIsDead } from "../../src/bot/commands/dead.ts";
import { amendmentsOf } from "../../src/bot/store/amendments.ts";
import { listAnalyses } from "../../src/bot/store/analyses.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { listVerdicts } from "../../src/bot/store/verdicts.ts";
import { issueCommentHandler } from "../../src/bot/webhooks/issue-comment.ts";
import { requestedActionHandler } from "../../src/bot/webhooks/requested-action.ts";
import { embeddedStore } from "./bot-database.ts";
import { DAY, DEPLOYED_AT, deployment, HOUR, MINUTE, makeWorld, READY_AT, type World } from "./bot-world.ts";
import type { GithubState, StandInPerson } from "./github-stand-in.ts";

let database: OpenDatabase;
let close: () => Promise<void>;
const open: World[] = [];

beforeAll(async () => {
  ({ database, close } = await embeddedStore("commands"));
});
afterAll(() => close?.());
afterEach(async () => {
  for (const world of open.splice(0)) {
    await world.close();
    expect(world.github.violations).toEqual([]);
  }
});

const PEOPLE: Readonly<Record<string, StandInPerson>> = {
  alice: { permission: "write" },
  tess: { permission: "read", role: "triage" },
  rita: { permission: "read" },
};

async function world(given: Partial<GithubState> = {}): Promise<World> {
  const made = await makeWorld(database, { people: { ...PEOPLE }, ...given });
  open.push(made);
  return made;
}

async function announced(on: World): Promise<World> {
  await on.deploy(deployment());
  await on.work();
  return on;
}

/** With the verdict: a regression. */
async function judged(on: World): Promise<World> {
  await announced(on);
  on.setNow(READY_AT);
  await on.work();
  return on;
}

let comments = 4000;

interface Said {
  readonly by?: string;
  readonly type?: string;
  readonly action?: string;
  readonly issue?: number;
  readonly id?: number;
  readonly isPullRequest?: boolean;
}

/** A person comments on the pull request of the deploy. */
function say(on: World, body: string, said: Said = {}): Promise<string> {
  const { by = "alice", type = "User", action = "created", issue = 77, isPullRequest = true } = said;
  comments += 1;
  return on.deliver(issueCommentHandler, {
    event: "issue_comment",
    action,
    payload: {
      comment: { id: said.id ?? comments, body, user: { login: by, type } },
      issue: {
        number: issue,
        html_url: `https://github.example/acme/shop/pull/${issue}`,
        ...(isPullRequest ? { pull_request: { url: "https://github.example/x" } } : {}),
      },
      sender: { login: by, type },
    },
  });
}

const reactions = (on: World) =>
  on.github.state.reactions.filter(({ comment }) => comment === comments).map(({ content }) => content);
/** Comments of ours that answer, without the sticky one of the verdict. */
const answers = (on: World) =>
  on.github.state.comments.map(({ body }) => body).filter((body) => !body.startsWith("<!-- deploy-impact:v1"));
const sticky = (on: World) =>
  on.github.state.comments.find(({ body }) => body.startsWith("<!-- deploy-impact:v1"))?.body ?? "";
const check = (on: World) => {
  const fields = on.github.state.checks.at(-1)?.fields;
  return {
    status: fields?.status,
    conclusion: fields?.conclusion ?? null,
    ...(fields?.output as { title: string; summary: string }),
  };
};
const analysis = async (on: World) => {
  const [one] = await listAnalyses(database, on.tenant, {}, 1);
  if (one === undefined) throw new Error("no analysis");
  return one;
};
const amendments = async (on: World) => amendmentsOf(database, on.tenant, (await analysis(on)).id);

describe("who may", () => {
  test.each([
    ["/deploy-impact rerun", "rita", "`/deploy-impact rerun` needs write access to this repository; yours is `read`."],
    [
      "/deploy-impact ack fine",
      "tess",
      "`/deploy-impact ack` needs write access to this repository; yours is `triage`.",
    ],
    [
      "/deploy-impact extend 60m",
      "tess",
      "`/deploy-impact extend` needs write access to this repository; yours is `triage`.",
    ],
    [
      "/deploy-impact status",
      "rita",
      "`/deploy-impact status` needs triage access to this repository; yours is `read`.",
    ],
    [
      "/deploy-impact explain",
      "rita",
      "`/deploy-impact explain` needs triage access to this repository; yours is `read`.",
    ],
    [
      "/deploy-impact help",
      "stranger",
      "`/deploy-impact help` needs read access to this repository; you have none here.",
    ],
  ])("%s by %s is refused in one line that names the level", async (body, by, line) => {
    const on = await announced(await world());
    expect(await say(on, body, { by })).toBe("refused");
    expect(answers(on)).toHaveLength(1);
    expect(
      answers(on)[0]
        ?.split("\n")
        .filter((text) => text !== "" && !text.startsWith("<!--")),
    ).toEqual([line]);
    expect(reactions(on)).toEqual(["confused"]);
    expect(await amendments(on)).toEqual([]);
    expect(await on.waiting()).toHaveLength(1);
  });

  test("a custom role counts by what it may do, whatever it is called", async () => {
    const on = await judged(
      await world({
        people: {
          alice: {
            permission: "read",
            role: "admin",
            permissions: { pull: true, triage: true, push: false, maintain: false, admin: false },
          },
        },
      }),
    );
    expect(await say(on, "/deploy-impact ack because")).toBe("refused");
    expect(await say(on, "/deploy-impact status")).toBe("done");
  });

  test.each<[string, Said, string]>([
    ["a bot", { by: "renovate[bot]", type: "Bot" }, "written by a bot"],
    ["an edited comment", { action: "edited" }, "not a new comment"],
    ["a deleted comment", { action: "deleted" }, "not a new comment"],
  ])("%s is ignored", async (_, said, outcome) => {
    const on = await announced(await world());
    const before = on.github.requests.length;
    expect(await say(on, "/deploy-impact rerun", said)).toBe(outcome);
    expect(on.github.requests).toHaveLength(before);
  });

  test.each([
    "> /deploy-impact rerun",
    "```\n/deploy-impact rerun\n```",
    "please /deploy-impact rerun",
    "hi\n/deploy-impact rerun",
  ])("%j is ignored", async (body) => {
    const on = await announced(await world());
    const before = on.github.requests.length;
    expect(await say(on, body)).toBe("no command");
    expect(on.github.requests).toHaveLength(before);
  });
});

describe("extend", () => {
  test("before the data are judged: the plan is changed where everybody sees it, with both windows", async () => {
    const on = await announced(await world());
    expect(await say(on, "/deploy-impact extend 60m")).toBe("done");
    await on.work();
    expect(reactions(on)).toEqual(["rocket"]);
    expect(answers(on)).toEqual([]);
    expect(check(on)).toMatchObject({ status: "in_progress", title: "Waiting for data until 15:10 UTC" });
    expect(check(on).summary).toContain("`alice`");
    expect(check(on).summary).toContain(
      "the post window is 2 hours instead of 1 hour; nobody had seen a result by then",
    );
    expect(on.github.state.checks).toHaveLength(1);
    on.setNow(READY_AT);
    await on.work();
    expect(check(on).status).toBe("in_progress");
    on.setNow(READY_AT + HOUR);
    await on.work();
    expect(check(on)).toMatchObject({ status: "completed", conclusion: "failure" });
    for (const text of [check(on).summary, sticky(on)])
      expect(text).toContain("the post window is 2 hours instead of 1 hour");
    // The series reach to the end of the longer window.
    expect(Math.max(...on.metrics.ends)).toBeGreaterThanOrEqual(DEPLOYED_AT + 5 * MINUTE + 2 * HOUR - 5 * MINUTE);
  });

  test("after the verdict: analysed again, and marked for ever as chosen after a look", async () => {
    const on = await judged(await world());
    await say(on, "/deploy-impact extend 60m");
    await on.work();
    expect(on.github.state.checks).toHaveLength(2);
    expect(check(on).status).toBe("in_progress");
    on.setNow(READY_AT + HOUR);
    await on.work();
    expect(check(on)).toMatchObject({ status: "completed", conclusion: "failure" });
    for (const text of [check(on).summary, sticky(on)]) expect(text).toContain("decided after a result had been seen");
    expect(await amendments(on)).toMatchObject([
      { kind: "extend", from: 3600, to: 7200, sawResult: true, actor: "alice" },
    ]);
  });

  test("a redelivery of the comment changes nothing", async () => {
    const on = await announced(await world());
    expect(await say(on, "/deploy-impact extend 60m", { id: 1 })).toBe("done");
    expect(await say(on, "/deploy-impact extend 60m", { id: 1 })).toBe("answered before");
    expect(await amendments(on)).toHaveLength(1);
  });

  test("a window that a check cannot wait for is refused", async () => {
    const on = await announced(await world());
    expect(await say(on, "/deploy-impact extend 14d")).toBe("not done");
    expect(answers(on)[0]).toContain("a check cannot stay open that long");
    expect(await amendments(on)).toEqual([]);
  });
});

describe("ack", () => {
  test("keeps the verdict, takes the block away and shows who and why, without acting on the words", async () => {
    const on = await judged(await world());
    const asked = on.metrics.requests;
    expect(await say(on, "/deploy-impact ack @team <img src=x> known | `cost` of #12")).toBe("done");
    await on.work();
    expect(check(on)).toMatchObject({ status: "completed", conclusion: "neutral" });
    expect(check(on).title).toMatch(/^Regression, acknowledged: p95 latency/);
    expect(on.github.state.checks).toHaveLength(1);
    for (const text of [check(on).summary, sticky(on)]) {
      expect(text).toContain("Acknowledged by `alice`");
      expect(text).not.toMatch(/@team|<img|[^&]#12/);
    }
    // Nothing is judged again, and the verdict is the same one.
    expect(on.metrics.requests).toBe(asked);
    expect(await listVerdicts(database, on.tenant, {}, 10)).toMatchObject([
      { verdict: "regression", conclusion: "neutral" },
    ]);
    expect(await analysis(on)).toMatchObject({ state: "done" });
  });

  test("there is nothing to acknowledge before the verdict", async () => {
    const on = await announced(await world());
    expect(await say(on, "/deploy-impact ack we know")).toBe("not done");
    expect(answers(on)[0]).toContain("There is no verdict yet");
    expect(reactions(on)).toEqual(["confused"]);
  });
});

describe("rerun", () => {
  test("analyses again with the same plan in a new check, and says who asked", async () => {
    const on = await judged(await world());
    on.metrics.effect = 1;
    on.setNow(READY_AT + HOUR);
    expect(await say(on, "/deploy-impact rerun --env production")).toBe("done");
    await on.work();
    expect(on.github.state.checks).toHaveLength(2);
    expect(check(on)).toMatchObject({ status: "completed", conclusion: "success" });
    expect(check(on).summary).toContain("with the same plan, as `alice` asked");
    expect(sticky(on)).toContain("was: regression");
  });

  test("while it waits nothing changes, and its plan neither", async () => {
    const on = await announced(await world());
    expect(await say(on, "/deploy-impact rerun")).toBe("done");
    await on.work();
    expect(await amendments(on)).toEqual([]);
    expect(on.github.state.checks).toHaveLength(1);
    expect(await on.waiting()).toMatchObject([{ name: "judge", at: READY_AT }]);
  });
});

describe("status, explain, help and mistakes", () => {
  test("status says how every environment stands, in one comment that moves to the end", async () => {
    const on = await announced(await world());
    await say(on, "/deploy-impact status", { by: "tess" });
    expect(answers(on)[0]).toContain(
      "⏳ **production**, `a1b2c3d`: waiting for data; the next look is at 2026-11-20 14:10 UTC.",
    );
    on.setNow(READY_AT);
    await on.work();
    await say(on, "/deploy-impact status", { by: "tess" });
    expect(answers(on)).toHaveLength(1);
    expect(answers(on)[0]).toMatch(/🔴 \*\*production\*\*, `a1b2c3d`: Regression: p95 latency/);
    expect(on.github.state.comments.at(-1)?.body).toBe(answers(on)[0]);
  });

  test("explain posts the whole method once", async () => {
    const on = await judged(await world());
    await say(on, "/deploy-impact explain", { by: "tess" });
    await say(on, "/deploy-impact explain", { by: "tess" });
    expect(answers(on)).toHaveLength(1);
    expect(answers(on)[0]).toContain("**Method**");
    expect(answers(on)[0]).toContain("**Reproduce**");
  });

  test("help lists every command with what it needs", async () => {
    const on = await announced(await world());
    await say(on, "/deploy-impact help", { by: "rita" });
    for (const word of ["status", "rerun", "extend", "ack", "explain", "help"])
      expect(answers(on)[0]).toContain(`/deploy-impact ${word}`);
  });

  test("a mistake is answered with what was meant, never with what was written", async () => {
    const on = await announced(await world());
    expect(await say(on, "/deploy-impact @everyone")).toBe("not done");
    expect(answers(on)[0]).not.toContain("everyone");
    await say(on, "/deploy-impact statsu");
    expect(answers(on)[1]).toContain("did you mean `/deploy-impact status`?");
  });

  test("several environments: which one is meant has to be said, and their names cannot act", async () => {
    const on = await announced(await world());
    await on.deploy(deployment({ id: 2, environment: "eu|<b>@team" }));
    await on.work();
    expect(await say(on, "/deploy-impact extend 60m")).toBe("not done");
    expect(answers(on)[0]).toContain("Several environments are meant");
    expect(answers(on)[0]).not.toMatch(/@team|<b>/);
    expect(await say(on, "/deploy-impact extend 60m --env production")).toBe("done");
    expect(await say(on, "/deploy-impact extend 60m --env nowhere")).toBe("not done");
    expect(answers(on)[1]).not.toContain("nowhere");
  });

  test("a conversation that no deployment is known of", async () => {
    const on = await announced(await world());
    expect(await say(on, "/deploy-impact status", { issue: 5, isPullRequest: false })).toBe("not done");
    expect(answers(on)[0]).toContain("No deployment of this conversation is known");
  });

  test("a locked conversation: what was asked for is done all the same", async () => {
    const on = await announced(await world({ denied: new Set(["comments"]) }));
    expect(await say(on, "/deploy-impact extend 60m")).toBe("done");
    expect(await amendments(on)).toHaveLength(1);
  });
});

describe("floods", () => {
  test("ten commands of one person and thirty of all in an hour, and at most ten answers", async () => {
    const on = await announced(
      await world({ people: { ...PEOPLE, bob: { permission: "write" }, carol: { permission: "write" } } }),
    );
    const outcomes: string[] = [];
    for (const by of ["alice", "bob", "carol", "tess"]) {
      for (let i = 0; i < 12; i += 1) outcomes.push(await say(on, "/deploy-impact nonsense", { by }));
    }
    expect(outcomes.filter((one) => one === "not done")).toHaveLength(30);
    expect(outcomes.filter((one) => one === "too many commands")).toHaveLength(18);
    expect(answers(on)).toHaveLength(10);
    const before = on.github.requests.length;
    await say(on, "/deploy-impact help", { by: "alice" });
    expect(on.github.requests).toHaveLength(before);
    on.setNow(on.now() + HOUR + MINUTE);
    expect(await say(on, "/deploy-impact help", { by: "alice" })).toBe("done");
  });

  test("strangers who are refused do not use up what those may who may", async () => {
    const on = await announced(await world({ people: { ...PEOPLE } }));
    for (let i = 0; i < 40; i += 1) await say(on, "/deploy-impact rerun", { by: `stranger${i % 8}` });
    expect(await say(on, "/deploy-impact extend 60m")).toBe("done");
  });
});

describe("buttons", () => {
  let clicks = 0;

  function click(on: World, identifier: string, by = "alice", id?: string): Promise<string> {
    clicks += 1;
    return on.deliver(requestedActionHandler, {
      id: id ?? `click-${clicks}`,
      event: "check_run",
      action: "requested_action",
      payload: {
        check_run: { id: on.github.state.checks.at(-1)?.id ?? 0 },
        requested_action: { identifier },
        sender: { login: by, type: "User" },
      },
    });
  }

  const buttons = (on: World) =>
    (on.github.state.checks.at(-1)?.fields.actions ?? []) as {
      label: string;
      description: string;
      identifier: string;
    }[];

  test("an open check can be extended, and a second click asks for nothing more", async () => {
    const on = await announced(await world());
    const [extendButton] = buttons(on);
    expect(extendButton).toEqual({
      label: "Extend window",
      description: "Judge 2h instead of 1h",
      identifier: "extend-to:7200",
    });
    expect(await click(on, extendButton?.identifier ?? "")).toBe("done");
    expect(await click(on, extendButton?.identifier ?? "")).toBe("done");
    expect(await amendments(on)).toMatchObject([{ kind: "extend", from: 3600, to: 7200 }]);
  });

  test("a failed check can be acknowledged", async () => {
    const on = await judged(await world());
    expect(buttons(on).map(({ label }) => label)).toEqual(["Acknowledge", "Extend window"]);
    expect(await click(on, "acknowledge")).toBe("done");
    await on.work();
    expect(check(on).conclusion).toBe("neutral");
    expect(buttons(on).map(({ label }) => label)).toEqual(["Extend window"]);
  });

  test("a check that nobody has to act on any more keeps no button of before", async () => {
    const on = await announced(await world());
    expect(buttons(on).map(({ label }) => label)).toEqual(["Extend window"]);
    on.metrics.effect = 0.8;
    on.setNow(READY_AT);
    await on.work();
    expect(check(on).conclusion).toBe("success");
    expect(buttons(on)).toEqual([]);
  });

  test("a click is tested like a command: who may not is refused, and a redelivery changes nothing", async () => {
    const on = await judged(await world());
    expect(await click(on, "acknowledge", "rita")).toBe("refused");
    expect(await click(on, "acknowledge", "tess")).toBe("refused");
    expect(await amendments(on)).toEqual([]);
    expect(await click(on, "acknowledge", "alice", "same")).toBe("done");
    expect(await click(on, "acknowledge", "alice", "same")).toBe("answered before");
    expect(await amendments(on)).toHaveLength(1);
  });

  test.each(["drop table", "extend-to:-1", "roll-back", "extend-to:99999999999"])(
    "%s does no harm",
    async (identifier) => {
      const on = await judged(await world());
      expect(await click(on, identifier)).toMatch(/^not /);
      expect(await amendments(on)).toEqual([]);
    },
  );

  test("labels and descriptions keep GitHub's limits, whatever the window is", async () => {
    const { checkButtons } = await import("../../src/bot/commands/buttons.ts");
    for (const post of [1, 90, 3599, 3600, 86_401, 10 * DAY + 1]) {
      const made = checkButtons({ conclusion: "failure", post, acknowledged: false, rollbackWaits: true });
      expect(made.length).toBeLessThanOrEqual(3);
      for (const { label, description, identifier } of made) {
        expect(label.length).toBeLessThanOrEqual(20);
        expect(description.length).toBeLessThanOrEqual(40);
        expect(identifier.length).toBeLessThanOrEqual(20);
      }
    }
  });
});

test("a command that failed at every try is told so, under a code and once", async () => {
  const on = await announced(await world());
  const id = `dead-${on.tenant.repositoryId}`;
  const payload = {
    repository: { id: on.tenant.repositoryId, full_name: "acme/shop", private: true, default_branch: "main" },
    installation: { id: on.tenant.installationId },
    comment: { id: 321, body: "/deploy-impact rerun", user: { login: "alice", type: "User" } },
    issue: { number: 77, html_url: "https://github.example/acme/shop/pull/77", pull_request: {} },
    sender: { login: "alice", type: "User" },
  };
  await database.query(
    `insert into deliveries (id, installation_id, repository_id, event, action, payload, received_at)
     values ($1, $2, $3, 'issue_comment', 'created', $4::jsonb, $5)`,
    [id, on.tenant.installationId, on.tenant.repositoryId, JSON.stringify(payload), new Date(on.now() * 1000)],
  );
  const bury = () => commandIsDead(on.context(), id, "connection refused by 10.0.0.1");
  await bury();
  await bury();
  expect(answers(on)).toHaveLength(1);
  expect(answers(on)[0]).toMatch(/That could not be done: DI-[0-9a-f]{4}\./);
  expect(answers(on)[0]).not.toContain("10.0.0.1");
  expect(on.github.state.reactions.map(({ content }) => content)).toEqual(["confused"]);
});
