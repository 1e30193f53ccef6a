/**
 * Imports point one way: entry -> app, bot -> {sources, github, report, config} -> core (ARCHITECTURE.md, "Import rules").
 * test/policy/imports.test.ts proves that this configuration sees the modules and that each rule can fire.
 */
const CORE = "^src/core/";

/** A room may import itself, the rooms listed, src/ports.ts and packages; everything else in src is an error. */
function room(name, allowed) {
  return {
    name: `${name}-imports`,
    comment: `src/${name} may import from src only: ${[name, ...allowed].join(", ")} and src/ports.ts`,
    severity: "error",
    from: { path: `^src/${name}/` },
    to: { path: "^src/", pathNot: [`^src/(${[name, ...allowed].join("|")})/`, "^src/ports\\.ts$"] },
  };
}

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    room("core", []),
    room("config", ["core", "sources"]),
    room("sources", ["core"]),
    room("github", ["core", "report"]),
    room("report", ["core"]),
    room("app", ["core", "config", "sources", "github", "report"]),
    room("bot", ["core", "config", "sources", "github", "report", "app"]),
    {
      name: "core-is-independent-of-ports",
      comment: "core takes values, not ports",
      severity: "error",
      from: { path: CORE },
      to: { path: "^src/ports\\.ts$" },
    },
    {
      name: "core-is-pure",
      comment: "no node: modules in core",
      severity: "error",
      from: { path: CORE },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "core-packages",
      comment: "from npm core uses ml-matrix only",
      severity: "error",
      from: { path: CORE },
      to: { path: "node_modules/", pathNot: "node_modules/ml-matrix/" },
    },
    {
      name: "report-takes-types-and-constants-from-core",
      comment: "nothing right of the verdict computes: report may import the data contracts of core, never a routine",
      severity: "error",
      from: { path: "^src/report/" },
      to: {
        path: CORE,
        pathNot: "^src/core/(outcome|plan|reasons|result|errors)\\.ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "ports-are-types",
      comment: "src/ports.ts holds types only and imports nothing at run time",
      severity: "error",
      from: { path: "^src/ports\\.ts$" },
      to: { dependencyTypesNot: ["type-only"] },
    },
    {
      name: "zod-at-the-borders",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(config|sources|github|bot)/" },
      to: { path: "node_modules/zod/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "bot-packages",
      comment: "the Action and the command line load none of the bot's packages",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/bot/", "^src/entry/bot\\.ts$"] },
      to: { path: "node_modules/(probot|octokit|pg|pg-boss|pino|@electric-sql)/" },
    },
    {
      name: "no-dev-packages",
      comment: "shipped code imports run-time dependencies only",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "nobody-imports-entries",
      severity: "error",
      from: { pathNot: "^(src/entry/|test/)" },
      to: { path: "^src/entry/" },
    },
    {
      name: "src-is-closed",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|scripts|bench|examples)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
