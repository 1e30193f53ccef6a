import type { Analyst, GithubConnection } from "../../app/judge/desk.ts";
import type { GithubApi } from "../../github/api.ts";
import type { Ports } from "../../ports.ts";

/**
 * A step that is told to stop may have been replaced already: its claim was lost, or it took too long. From then on it
 * asks GitHub for nothing, reads no more data, and makes nothing of what it has read.
 */

export function stoppableConnection({ api, requests }: GithubConnection, signal: AbortSignal): GithubConnection {
  return { requests, api: (repository) => stoppableApi(api(repository), signal) };
}

function stoppableApi(api: GithubApi, signal: AbortSignal): GithubApi {
  return new Proxy(api, {
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(target, name, receiver);
      // What is left of the budget is no request.
      if (typeof value !== "function" || name === "remaining") return value;
      return async (...given: unknown[]): Promise<unknown> => {
        signal.throwIfAborted();
        return value(...given);
      };
    },
  });
}

export function stoppablePorts(ports: Ports, signal: AbortSignal): Ports {
  return {
    ...ports,
    fetch: (input, init) => {
      const own = init?.signal;
      return ports.fetch(input, { ...init, signal: own == null ? signal : AbortSignal.any([own, signal]) });
    },
  };
}

/** Data that could not be read because of the stop would look like data that are not there. */
export function stoppableAnalyst(analyst: Analyst, signal: AbortSignal): Analyst {
  return {
    ...analyst,
    runAnalysis: async (...given) => {
      const document = await analyst.runAnalysis(...given);
      signal.throwIfAborted();
      return document;
    },
  };
}
