# syntax=docker/dockerfile:1
# One image for every process of Parley; docker-compose.yml says which one a container runs.

FROM node:24-slim AS sources
WORKDIR /app
COPY . .

FROM sources AS web
RUN --mount=type=cache,target=/root/.npm npm ci -w @parley/web
RUN npm run build -w @parley/web

FROM sources AS processes
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev -w @parley/server -w @parley/broker -w @parley/agent -w @parley/gateway

FROM node:24-slim
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
