# The bot. Pinned by tag: pin the digest of the tag that you have checked (`node:24.21.0-bookworm-slim@sha256:...`).
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The image brings its own Node, so the optional packages that carry one are left out, and so are the tests' packages.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_FOLDER=/data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json app.yml ./
COPY src ./src
# The only folder that is written to, and only with the embedded database.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm: signals have to reach the process itself.
CMD ["node", "src/entry/bot.ts"]
