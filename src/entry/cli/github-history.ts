import type { KnownHistory } from "../../app/backtest/known.ts";
import { knownFromGithub } from "../../app/backtest/known-sources.ts";
import { apiFor } from "../../github/api.ts";
import { connect } from "../../github/client.ts";
import { DEFAULT_API_URL } from "../../github/runner.ts";
import type { Ports } from "../../ports.ts";

/** The deployments of a repository, with a token; loaded only when somebody asks for it. */
export async function readGithubHistory(
  question: {
    readonly repository: string;
    readonly token: string;
    readonly environment: string | null;
    readonly from: number;
    readonly to: number;
  },
  { env, log, sleep }: Pick<Ports, "env" | "log" | "sleep">,
): Promise<KnownHistory> {
  const client = connect({ token: question.token, apiUrl: env.GITHUB_API_URL ?? DEFAULT_API_URL, log, sleep });
  return await knownFromGithub(apiFor(client, question.repository), question);
}
