/**
 * Runs before the tests. They need Node 24; npm installs it as an optional dependency and puts it first in PATH for its
 * scripts, so a machine with an older Node can run `npm cit`. When that did not happen, say what to do instead of
 * failing somewhere deep inside a tool.
 */
const REQUIRED_MAJOR = 24;

const major = Number(process.versions.node.split(".")[0]);
if (major < REQUIRED_MAJOR) {
  console.error(
    `The tests need Node ${REQUIRED_MAJOR} or newer, this is Node ${process.versions.node}. ` +
      "Run `npm ci` without --omit=optional (it brings Node 24 for Linux, Windows and Intel macOS), " +
      `or install Node ${REQUIRED_MAJOR} yourself. (dist/cli.js itself runs on Node 20.)`,
  );
  process.exit(1);
}
