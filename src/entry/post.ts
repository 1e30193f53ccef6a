import { runPost } from "../app/action-post.ts";
import { createHost, readContext } from "../github/runner.ts";
import { connection, processPorts } from "./action-ports.ts";

const host = createHost(process.env);
const context = await readContext(process.env);
await runPost({ host, connect: connection(context, processPorts(host)) });
