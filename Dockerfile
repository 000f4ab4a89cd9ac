# The application. One image for the web process, the workers and the migration:
# "web", "worker", "migrate" or any other command of lotse goes behind it.
FROM python:3.11-slim-bookworm AS build

RUN pip install --no-cache-dir uv==0.13.9

COPY requirements.lock /tmp/requirements.lock
RUN uv venv --python /usr/local/bin/python3 /opt/venv \
    && uv pip sync --no-cache --compile-bytecode --require-hashes \
        --python /opt/venv/bin/python /tmp/requirements.lock


FROM python:3.11-slim-bookworm

# They read answers aloud. The base image is rebuilt with Debian's updates, so no version is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends espeak-ng lame \
    && rm -rf /var/lib/apt/lists/*

RUN groupadd --gid 10001 lotse \
    && useradd --uid 10001 --gid lotse --no-create-home --shell /usr/sbin/nologin lotse \
    && install --directory --owner=lotse --group=lotse /models

COPY --from=build /opt/venv /opt/venv

WORKDIR /app
COPY storage storage
COPY translations translations
COPY knowledge_base knowledge_base
COPY centre centre
COPY dialogues dialogues
COPY web web
COPY bot bot
COPY lotse lotse
# The contract of intents and languages; the rest of nlu/ is Rasa's.
COPY nlu/__init__.py nlu/intents.yml nlu/
COPY nlu/components/__init__.py nlu/components/folding.py nlu/components/phrases.py nlu/components/
COPY nlu/emergency nlu/emergency

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    LOTSE_HOST=0.0.0.0 \
    LOTSE_PORT=8080 \
    LOTSE_VAR=/tmp/lotse

# Compiled now, because the running container cannot write here. The short name is for people:
# "docker compose exec web lotse kb check".
RUN python -m compileall -q /app \
    && printf '#!/bin/sh\nexec python -m lotse "$@"\n' > /usr/local/bin/lotse \
    && chmod 755 /usr/local/bin/lotse

USER 10001:10001
EXPOSE 8080

# For the web process; docker-compose.yml has another one for workers, who listen on no port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['LOTSE_PORT'] + '/healthz', timeout=4)"]

ENTRYPOINT ["lotse"]
CMD ["web"]
