import manifest from "../package.json" with { type: "json" };

/** Version of deploy-impact; package.json is its only source and the bundler writes the text into dist/. */
export const VERSION: string = manifest.version;
