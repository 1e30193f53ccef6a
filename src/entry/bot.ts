import { userInfo } from "node:os";
import { text } from "node:stream/consumers";
import { createLog } from "../bot/observe/log.ts";
import { readSettings, secretsOf } from "../bot/read-settings.ts";
import { SECRETS_USAGE, secretsCommand } from "../bot/secrets/command.ts";
import type { BotSettings } from "../bot/settings.ts";
import type { Outside } from "../bot/start.ts";
import { startFault } from "../bot/start-faults.ts";
import { DeployImpactError } from "../core/errors.ts";
import { VERSION } from "../version.ts";

/** Time that requests and jobs have to end after SIGTERM: orchestrators kill after 30 seconds. */
const GRACE_MS = 22_000;

const USAGE = `npm run bot                                              start it; settings come from the environment
${SECRETS_USAGE}`;

async function main([command, ...rest]: readonly string[]): Promise<void> {
  if (command === "--help" || command === "help") {
    process.stdout.write(USAGE);
    return;
  }
  if (command !== undefined && command !== "secrets") {
    throw new DeployImpactError("USAGE", `"${command}" is not a command of the bot.`, {
      hint: `Use one of:\n${USAGE}`,
    });
  }
  const settings = readSettings(process.env);
  if (command === "secrets") await secrets(settings, rest);
  else await run(settings);
}

async function secrets(settings: BotSettings, args: readonly string[]): Promise<void> {
  const { openVault } = await import("../bot/secrets/vault.ts");
  const { openDatabase } = await import("../bot/store/open.ts");
  const database = await openDatabase(settings.store, { connections: 2, onError: () => undefined });
  try {
    const said = await secretsCommand(args, {
      database,
      vault: openVault(settings),
      now: Date.now,
      person: userInfo().username,
      readValue: () => text(process.stdin),
    });
    process.stdout.write(said);
  } finally {
    await database.close();
  }
}

/** Loads the bot only now: what is wrong with the settings is said at once. */
async function run(settings: BotSettings): Promise<void> {
  const [{ startBot }, { BOT_PARTS }] = await Promise.all([import("../bot/start.ts"), import("../bot/parts.ts")]);
  const log = createLog(settings, secretsOf(settings));
  const outside: Outside = { version: VERSION, now: Date.now, log, environment: process.env };
  const bot = await startBot(settings, BOT_PARTS, outside);
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // Who asks twice does not want to wait.
    if (stopping) process.exit(1);
    stopping = true;
    log.info("Stopping", { signal });
    setTimeout(() => process.exit(1), GRACE_MS + 3000).unref();
    bot.stop(GRACE_MS).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error("Stopping failed", { error: String(error) });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      // What state it leaves is unknown: end, and let the orchestrator start anew. The queue loses nothing.
      log.error("A fault that nothing caught", {
        event,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      process.exit(70);
    });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof DeployImpactError ? error : startFault(error);
  if (known === null) throw error;
  const problems = known.problems.length > 0 ? known.problems : [known];
  for (const { message, hint } of problems) process.stderr.write(`${message}\n  ${hint}\n`);
  process.exitCode = known.exitCode;
}
