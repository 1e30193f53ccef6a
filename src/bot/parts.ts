import { commandIsDead } from "./commands/dead.ts";
import type { BotContext } from "./context.ts";
import { deadLetters } from "./dead.ts";
import { gateJob } from "./gate/step.ts";
import type { JobHandlers } from "./jobs/contract.ts";
import { judgeIsDead } from "./judge/dead.ts";
import { createForget } from "./judge/forget.ts";
import { createJudge } from "./judge/step.ts";
import { createReact } from "./react/react.ts";
import { createSend } from "./react/send.ts";
import type { BotParts, Inner } from "./start.ts";
import { housekeepingJob } from "./upkeep/housekeeping.ts";
import { createPages } from "./web/pages.ts";
import { deliveryHandlers } from "./webhooks/index.ts";
import { deliveryJob } from "./webhooks/receive.ts";

/** The rooms of the bot, put together. */
export const BOT_PARTS: BotParts = { jobs: jobHandlers, pages: (context) => createPages(context) };

function jobHandlers(context: BotContext, { app, queue }: Inner): JobHandlers {
  return {
    delivery: deliveryJob(context, deliveryHandlers(context)),
    judge: createJudge(context),
    gate: gateJob(context),
    react: createReact(context),
    reaction: createSend(context),
    forget: createForget(context),
    housekeeping: housekeepingJob({ ...context, app, queue }),
    dead: deadLetters(context, {
      judge: ({ analysisId }, reason) => judgeIsDead(context, analysisId, reason),
      delivery: ({ deliveryId }, reason) => commandIsDead(context, deliveryId, reason),
    }),
  };
}
