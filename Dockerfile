# One image for every process of Parley; docker-compose.yml says which one a container runs.

# The digest counts, the tag is for people. docs/operations.md says how it is moved.
FROM node:24.19.0-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df AS node

FROM node AS sources
WORKDIR /app
COPY . .

FROM sources AS web
RUN --mount=type=cache,target=/root/.npm npm ci -w @parley/web
RUN npm run build -w @parley/web

FROM sources AS processes
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev -w @parley/server -w @parley/broker -w @parley/agent -w @parley/gateway

FROM node
ENV NODE_ENV=production
USER node
# Made by its user, so that a volume mounted here is writable, and by nobody else readable.
WORKDIR /home/node
RUN mkdir -m 700 data
ENV DATA_DIR=/home/node/data
WORKDIR /app
COPY --from=processes /app ./
COPY --from=web /app/apps/web/dist apps/web/dist
CMD ["node", "apps/server/src/main.ts"]
