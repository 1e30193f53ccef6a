import { runPost } from "../app/action-post.ts";
import { createHost, readContext } from "../github/runner.ts";

const host = createHost(process.env);
const context = await readContext(process.env);
// GitHub's toolkit reads the event by itself as soon as it is loaded, and throws when it is not JSON.
if (context.payloadProblem !== undefined) delete process.env.GITHUB_EVENT_PATH;
const { connection, processPorts } = await import("./action-ports.ts");
await runPost({ host, connect: connection(context, processPorts(host)) });
