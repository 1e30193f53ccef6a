import { describe, expect, it } from "vitest";
import { deploymentHistory } from "../../../src/github/deployment-history.ts";
import type { DeploymentRecord, DeploymentStatusRecord } from "../../../src/github/records.ts";

const FROM = 1_000_000;
const TO = FROM + 14 * 86_400;

function record(id: number, createdAt: number, payload: DeploymentRecord["payload"] = null): DeploymentRecord {
  return { id, sha: `sha${id}`, environment: "production", transient: false, payload, createdAt };
}

/** Pages of 100, newest first; every request costs one of `budget`. */
function api(records: readonly DeploymentRecord[], budget: number, doneAfter: number | null = 600) {
  let left = budget;
  const asked: number[] = [];
  return {
    asked,
    remaining: () => left,
    listDeployments: async ({ page = 1 }: { page?: number }) => {
      left -= 1;
      return records.slice((page - 1) * 100, page * 100);
    },
    listDeploymentStatuses: async (id: number): Promise<DeploymentStatusRecord[]> => {
      left -= 1;
      asked.push(id);
      const created = records.find((one) => one.id === id)?.createdAt ?? 0;
      return doneAfter === null ? [] : [{ state: "success", createdAt: created + doneAfter, logUrl: null }];
    },
  };
}

const question = {
  environment: "production",
  from: FROM,
  to: TO,
  parseTime: (written: string | number) => Number(written),
};

describe("deployments of a span", () => {
  it("reach from their creation to their success, and leave out those of other times", async () => {
    const records = [record(4, TO + 5), record(3, TO - 1000), record(2, FROM + 10), record(1, FROM - 90_000)];
    const { deployments, since, assumed } = await deploymentHistory(api(records, 15), question);
    expect(deployments.map(({ id, startedAt, deployedAt }) => [id, startedAt, deployedAt])).toEqual([
      ["3", TO - 1000, TO - 400],
      ["2", FROM + 10, FROM + 610],
    ]);
    expect([since, assumed]).toEqual([null, 0]);
  });

  it("count also when they failed: half a roll-out touches units too", async () => {
    const { deployments } = await deploymentHistory(api([record(1, FROM + 10)], 15, null), question);
    expect(deployments.map(({ deployedAt }) => deployedAt)).toEqual([FROM + 10]);
  });

  it("ask no status where the deploy tool wrote the time", async () => {
    const stand = api([record(1, FROM + 10, { deployedAt: FROM + 900 })], 15);
    const { deployments } = await deploymentHistory(stand, question);
    expect([deployments[0]?.deployedAt, stand.asked]).toEqual([FROM + 900, []]);
  });

  it("say from when on they are known when the budget ends, and how many ends were assumed", async () => {
    const many = Array.from({ length: 2000 }, (_, i) => record(5000 - i, TO - 1 - i * 500));
    const found = await deploymentHistory(api(many, 15), question);
    expect(found.deployments).toHaveLength(1200);
    expect(found.since).toBe(TO - 1 - 1199 * 500);
    expect(found.assumed).toBe(1200 - 3);
  });
});
