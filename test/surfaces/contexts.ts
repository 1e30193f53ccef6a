import type { ReportContext } from "../../src/report/context.ts";

export const ON_GITHUB: ReportContext = {
  environment: "production",
  sha: "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
  repository: "acme/shop",
  serverUrl: "https://git.example.com",
  runUrl: "https://git.example.com/acme/shop/actions/runs/42",
  detailsUrl: null,
  configRef: "main@9f8e7d6",
  values: "full",
  publicRepository: false,
  previous: null,
  batchPullRequests: [],
};

/** What everybody on the internet may read. */
export const IN_PUBLIC: ReportContext = { ...ON_GITHUB, values: "relative", publicRepository: true };
