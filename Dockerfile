# The platform in an image: dependencies come in the first stage, so that npm's cache and the lock file's other half stay out of
# the second. The Node of the image is the one that the lock file pins, which therefore need not be installed again.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

# The dashboard is built where its tools are, and only the built files go on.
FROM node:24.21.0-bookworm-slim AS dashboard
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY web ./web
COPY docs/runbook.md ./docs/runbook.md
RUN node node_modules/vite/bin/vite.js build web

FROM node:24.21.0-bookworm-slim
# For `alpha-panda backup` and `restore`: of the version of the server in compose.yaml.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends postgresql-client-15 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY config ./config
COPY examples ./examples
COPY kite-simulator ./kite-simulator
COPY src ./src
COPY --from=dashboard /app/web/dist ./web/dist
COPY strategies ./strategies
COPY tools/pinned-node.mjs ./tools/pinned-node.mjs
# The root of the container is read-only (compose.yaml): what is written goes to /data.
RUN mkdir /data && chown 10001:10001 /data
ENV DATA_DIR=/data LOGGING__FILE_ENABLED=false NODE_ENV=production
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/bin/alpha-panda.mjs"]
CMD ["start"]
