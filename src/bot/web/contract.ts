import type { BotContext } from "../context.ts";

/**
 * What answers a person's browser. The server hands over every request that is neither a webhook nor one of its own
 * addresses, with the path that the browser sees and the body unread (bounded by the server); the answer carries all
 * its headers. Never rejects: a failure is a page.
 */
export type Pages = (request: Request) => Promise<Response>;

/** `createPages(context): Pages` in `pages.ts` takes these members of the bot's context. */
export type PagesContext = Pick<BotContext, "settings" | "database" | "now" | "log" | "version">;
