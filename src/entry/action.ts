import { runAction } from "../app/action.ts";
import { STATE } from "../app/action-host.ts";
import { planServices, readyAt } from "../app/plan.ts";
import { runAnalysis } from "../app/run.ts";
import { loadConfig } from "../config/load.ts";
import { createHost, readContext } from "../github/runner.ts";
import { VERSION } from "../version.ts";
import { connection, processPorts } from "./action-ports.ts";

const host = createHost(process.env);

/** The runner interrupts a cancelled job a few seconds before it kills it; the post process does the rest. */
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    host.saveState(STATE.ended, "CANCELLED");
    process.exit(1);
  });
}

const context = await readContext(process.env);
const ports = processPorts(host);
await runAction({
  host,
  context,
  ports,
  analyst: {
    loadConfig,
    readyAt,
    plansOf: (config, trigger, now) => planServices(config, trigger, now).map(({ plan }) => plan),
    runAnalysis,
  },
  connect: connection(context, ports),
  version: VERSION,
});
