import { z } from "zod";
import { reaches } from "../../github/people.ts";
import { NEEDED_TO_CLICK } from "../commands/access.ts";
import { type Click, parseClick } from "../commands/buttons.ts";
import {
  type Asker,
  acknowledge,
  type ChangeContext,
  type Changed,
  extend,
  startRollback,
} from "../commands/changes.ts";
import type { BotContext } from "../context.ts";
import { type Analysis, analysisOfCheck } from "../store/analyses.ts";
import { claimCommand, finishCommand } from "../store/commands.ts";
import type { DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

const requested = z.object({
  check_run: z.object({ id: z.int() }),
  requested_action: z.object({ identifier: z.string() }),
  sender: z.object({ login: z.string(), type: z.string().nullish() }),
});

export type ClickContext = ChangeContext & Pick<BotContext, "connect" | "log">;

/**
 * `check_run.requested_action`: a button of ours. Everybody who sees the page sees the button, so the same test decides
 * as for comments. GitHub offers no place to answer a click: what was done shows on the check, a refusal in the log.
 */
export function requestedActionHandler(context: ClickContext): DeliveryHandler {
  return async (delivery) => {
    const { repository, receivedAt: at } = delivery;
    if (repository === null) return "no repository";
    const { check_run: run, requested_action: action, sender } = payloadOf(delivery, requested);
    const click = parseClick(action.identifier);
    if (click === null) return "not a button of ours";
    const analysis = await analysisOfCheck(context.database, repository, run.id);
    if (analysis === null) return "not the check of an analysis";
    if (sender.type === "Bot" || sender.login.endsWith("[bot]")) return "clicked by a bot";
    const asker: Asker = { actor: sender.login, origin: `click:${delivery.id}`, at };
    const asked = { issue: null, origin: asker.origin, actor: asker.actor, command: click.kind, at };
    const claimed = await claimCommand(context.database, repository, asked);
    if (claimed === null) return "answered before";
    const outcome = await outcomeOf(context, analysis, click, asker);
    await finishCommand(context.database, repository, claimed.id, { outcome, answered: false });
    return outcome;
  };
}

async function outcomeOf(context: ClickContext, analysis: Analysis, click: Click, asker: Asker): Promise<string> {
  const { tenant } = analysis;
  const access = await (await context.connect(tenant)).api(tenant.repository).getAccess(asker.actor);
  if (!reaches(access, NEEDED_TO_CLICK[click.kind])) {
    const who = { actor: asker.actor, level: access.level, button: click.kind, repository: tenant.repository };
    context.log.info("a click was refused", who);
    return "refused";
  }
  const changed = await pressed(context, analysis, click, asker);
  return changed.kind === "done" ? "done" : `not done: ${changed.why}`;
}

function pressed(context: ClickContext, analysis: Analysis, click: Click, asker: Asker): Promise<Changed> {
  switch (click.kind) {
    case "extend":
      return extend(context, analysis, { to: click.to }, asker);
    case "acknowledge":
      return acknowledge(context, analysis, "by the button on the check", asker);
    case "roll-back":
      return startRollback(context, analysis, asker);
  }
}
