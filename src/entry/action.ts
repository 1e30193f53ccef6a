import { runAction, setCancelledOutputs } from "../app/action.ts";
import { STATE } from "../app/action-host.ts";
import { lookTimes, planServices } from "../app/plan.ts";
import { runAnalysis } from "../app/run.ts";
import { loadConfig } from "../config/load.ts";
import { createHost, readContext } from "../github/runner.ts";
import { VERSION } from "../version.ts";

const host = createHost(process.env);

/** The runner interrupts a cancelled job a few seconds before it kills it; the post process does the rest. */
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    host.saveState(STATE.ended, "CANCELLED");
    setCancelledOutputs(host);
    process.exit(1);
  });
}

const context = await readContext(process.env);
// GitHub's toolkit reads the event by itself as soon as it is loaded, and throws when it is not JSON.
if (context.payloadProblem !== undefined) delete process.env.GITHUB_EVENT_PATH;
const { connection, processPorts } = await import("./action-ports.ts");
const ports = processPorts(host);
await runAction({
  host,
  context,
  ports,
  analyst: {
    loadConfig,
    lookTimes,
    plansOf: (config, trigger, now) => planServices(config, trigger, now).map(({ plan }) => plan),
    runAnalysis,
  },
  connect: connection(context, ports),
  version: VERSION,
});
