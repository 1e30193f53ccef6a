import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { studyConfig } from "../../src/app/backtest/config-study.ts";
import { fakeTimes } from "../../src/app/backtest/fake-times.ts";
import { NOTHING_KNOWN } from "../../src/app/backtest/known.ts";
import { runFakes } from "../../src/app/backtest/run-fakes.ts";
import { runAnalysis } from "../../src/app/run.ts";
import { loadConfig } from "../../src/config/load.ts";
import { realPorts } from "./servers/ports.ts";
import type { RunningServer } from "./servers/process.ts";
import { availability } from "./servers/programs.ts";
import { PROMETHEUS_PROGRAMS, startPrometheus } from "./servers/prometheus.ts";
import { END, exposition, START, ZONES } from "./servers/telemetry.ts";

const { missing, note } = availability(...PROMETHEUS_PROGRAMS);

describe.skipIf(missing)(`fake deploys on a real Prometheus${note}`, () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startPrometheus(exposition("seconds"));
  });
  afterAll(async () => {
    await server?.stop();
  });

  const configText = (): string => `version: 1
source: { type: prometheus, url: ${server.url} }
units: { label: zone, treated: { match: { zone: [${ZONES.slice(0, 4).join(", ")}] } } }
windows: { pre: 4h, settle: 5m, post: 30m, step: 1m }
slis:
  - { id: latency, kind: gauge, query: 'last_over_time(shop_latency_seconds[29s])', worse: up, margin: 5% }
`;

  test("are cut from one read exactly as check would read them one by one", async () => {
    const config = loadConfig({ text: configText(), file: "deploy-impact.yml", environment: null });
    const requests: string[] = [];
    const ports = realPorts();
    const counted: typeof fetch = async (request, init) => {
      requests.push(String(request));
      return await fetch(request, init);
    };
    const study = await studyConfig(
      {
        config,
        service: null,
        span: { from: START, to: END, history: null },
        deployment: { environment: null, sha: null, payload: null, deployed: null },
        baseDir: ".",
        known: async () => NOTHING_KNOWN,
      },
      { ...ports, fetch: counted },
    );
    const { times } = fakeTimes(study, { type: "every", every: 7000 });
    expect(times.length).toBeGreaterThan(8);
    const reads = requests.length;
    const fakes = runFakes(study, times);
    expect([requests.length, reads <= 2]).toEqual([reads, true]);
    for (const fake of [fakes[1], fakes.at(-2)]) {
      const deployment = {
        environment: null,
        sha: null,
        repository: null,
        deploymentId: null,
        payload: null,
        url: null,
      };
      const checked = await runAnalysis(
        config,
        {
          ...deployment,
          deployedAt: fake?.deployedAt ?? 0,
          deployedAtSource: "flag",
          pullRequests: [],
          otherDeployments: null,
          configChanged: null,
          changedPaths: null,
        },
        ports,
        { version: "test", baseDir: "." },
      );
      expect(fake?.verdict).toBe(checked.verdict);
      expect(fake?.slis[0]).toMatchObject({
        att: checked.slis[0]?.estimate?.att,
        confLow: checked.slis[0]?.estimate?.confLow,
        mde: { absolute: checked.slis[0]?.mde?.absolute },
      });
    }
  });
});
