import { setTimeout as delay } from "node:timers/promises";
import type { GithubConnection } from "../app/judge/desk.ts";
import { apiFor } from "../github/api.ts";
import { connect } from "../github/client.ts";
import type { RunnerContext } from "../github/event.ts";
import type { ActionHost } from "../github/runner.ts";
import type { Ports } from "../ports.ts";

/** The outside world of a step: the machine's clock, its network and its log. */
export function processPorts(host: ActionHost): Ports {
  return {
    now: () => Date.now(),
    sleep: async (ms, signal) => {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    },
    env: process.env,
    fetch: globalThis.fetch,
    log: { debug: host.debug, info: host.info, warning: host.warning },
    random: Math.random,
  };
}

export function connection(context: RunnerContext, ports: Ports): (token: string) => GithubConnection {
  return (token) => {
    const client = connect({ token, apiUrl: context.apiUrl, log: ports.log, sleep: ports.sleep });
    return { api: (repository) => apiFor(client, repository), requests: client.requests };
  };
}
