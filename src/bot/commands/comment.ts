import { asError } from "../../app/judge/session.ts";
import type { GithubApi } from "../../github/api.ts";
import { reaches } from "../../github/people.ts";
import type { BotContext } from "../context.ts";
import { type ClaimedCommand, claimCommand, finishCommand, type Traffic, trafficOn } from "../store/commands.ts";
import type { TenantRepository } from "../tenant.ts";
import { NEEDED } from "./access.ts";
import { failureAnswer, mistakeAnswer, refusalAnswer } from "./answers.ts";
import type { Conversation } from "./find.ts";
import type { Parsed } from "./grammar.ts";
import { answer, type Place, standing } from "./replies.ts";
import { type Result, type RunContext, runCommand } from "./run.ts";

export type CommentContext = RunContext & Pick<BotContext, "connect" | "log">;

export interface CommentedCommand {
  readonly tenant: TenantRepository;
  readonly conversation: Conversation;
  readonly commentId: number;
  /** Login of the person who wrote it. */
  readonly actor: string;
  /** Epoch seconds. */
  readonly at: number;
  readonly parsed: Exclude<Parsed, { kind: "none" }>;
}

/** Within one hour on one conversation; what goes beyond is not even looked at. */
const HOUR = 3600;
const COMMANDS_OF_ONE_PERSON = 10;
const COMMANDS_OF_ALL = 30;
const ANSWERS = 10;

/** Acknowledged at once with a reaction, then done or refused, then said with another one. Safe to repeat. */
export async function onCommand(context: CommentContext, given: CommentedCommand): Promise<string> {
  const { tenant, conversation, commentId, actor, at, parsed } = given;
  const command = parsed.kind === "command" ? parsed.command.name : "mistake";
  const origin = `comment:${commentId}`;
  const issue = conversation.number;
  const claimed = await claimCommand(context.database, tenant, { issue, origin, actor, command, at });
  if (claimed === null) return "answered before";
  const traffic = await trafficOn(context.database, tenant, { issue, actor, since: at - HOUR, but: claimed.id });
  if (traffic.byActor >= COMMANDS_OF_ONE_PERSON || traffic.accepted >= COMMANDS_OF_ALL) {
    await finishCommand(context.database, tenant, claimed.id, { outcome: "limited", answered: false });
    return "too many commands";
  }
  const api = (await context.connect(tenant)).api(tenant.repository);
  return obey(context, api, { given, claimed, traffic });
}

interface Obeyed {
  readonly given: CommentedCommand;
  readonly claimed: ClaimedCommand;
  readonly traffic: Traffic;
}

async function obey(context: CommentContext, api: GithubApi, { given, claimed, traffic }: Obeyed): Promise<string> {
  const { tenant, commentId, conversation } = given;
  const trying = <T>(work: () => Promise<T>) => whereAllowed(context, tenant, work);
  const eyes = await trying(() => api.createReaction(commentId, "eyes"));
  const result = await resultOf(context, api, given);
  const isAnswered = result.kind !== "done" && traffic.answers < ANSWERS;
  if (isAnswered) {
    const place = { issue: conversation.number, login: eyes?.login ?? null };
    await trying(() => reply(api, place, { result, to: commentId, isRepeated: claimed.isRepeated }));
  }
  const isDone = result.kind === "done" || result.kind === "say";
  await trying(() => api.createReaction(commentId, isDone ? "rocket" : "confused"));
  if (eyes !== null) await trying(() => api.deleteReaction(commentId, eyes.id));
  const outcome = isDone ? "done" : result.kind === "forbidden" ? "refused" : "not done";
  await finishCommand(context.database, tenant, claimed.id, { outcome, answered: isAnswered });
  return outcome;
}

/** A conversation may be locked; what was asked for is done all the same. null: GitHub did not allow it. */
async function whereAllowed<T>(
  { log }: Pick<CommentContext, "log">,
  { repository }: TenantRepository,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const known = asError(error);
    if (known.retryable || known.code === "INTERNAL") throw error;
    log.info(`A command could not be answered: ${known.message}`, { code: known.code, repository });
    return null;
  }
}

interface Reply {
  readonly result: Exclude<Obeying, { kind: "done" }>;
  readonly to: number;
  readonly isRepeated: boolean;
}

function reply(api: GithubApi, place: Place, { result, to, isRepeated }: Reply): Promise<void> {
  if (result.kind !== "say") return answer(api, place, { to, text: result.why, isRepeated });
  const { text, marker, moves } = result;
  if (marker === null) return answer(api, place, { to, text, isRepeated });
  return standing(api, place, { marker, text, atTheEnd: moves });
}

type Obeying =
  | Exclude<Result, { kind: "say" }>
  | (Extract<Result, { kind: "say" }> & { readonly moves: boolean })
  /** The person may not. */
  | { readonly kind: "forbidden"; readonly why: string };

async function resultOf(context: CommentContext, api: GithubApi, given: CommentedCommand): Promise<Obeying> {
  const { parsed, actor, tenant, conversation, commentId, at } = given;
  try {
    const name = parsed.kind === "command" ? parsed.command.name : "mistake";
    const access = await api.getAccess(actor);
    if (!reaches(access, NEEDED[name])) {
      const why = refusalAnswer(name === "mistake" ? "help" : name, NEEDED[name], access);
      return { kind: "forbidden", why };
    }
    if (parsed.kind === "mistake") return { kind: "refused", why: mistakeAnswer(parsed.mistake) };
    const asker = { actor, origin: `comment:${commentId}`, at };
    const result = await runCommand(context, api, tenant, { command: parsed.command, conversation, asker });
    return result.kind === "say" ? { ...result, moves: parsed.command.name === "status" } : result;
  } catch (error) {
    const known = asError(error);
    // What passes by itself is tried again by the job.
    if (known.retryable || known.code === "INTERNAL") throw error;
    context.log.warning(`A command failed: ${known.message}`, { code: known.code, repository: tenant.repository });
    return { kind: "refused", why: failureAnswer(known.code, known.hint) };
  }
}
