# syntax=docker/dockerfile:1
# Built with torch, which exports the model once; served without it.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY rag rag
COPY server server
COPY eval eval
RUN python -m venv /opt/export \
 && /opt/export/bin/pip install --constraint constraints.txt '.[export]' \
 && python -m venv /opt/rag \
 && /opt/rag/bin/pip install --constraint constraints.txt '.[tracing]'
# The starter index, with the exported model in it.
COPY seeds seeds
RUN RAG_INDEX_DIR=/data/index /opt/export/bin/rag ingest seeds

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 rag && useradd --uid 10001 --gid rag --create-home rag
COPY --from=build /opt/rag /opt/rag
COPY --from=build --chown=rag:rag /data /data
ENV PATH=/opt/rag/bin:$PATH RAG_INDEX_DIR=/data/index RAG_HOST=0.0.0.0 RAG_PORT=8000
# By number, so that whoever runs it can see that it is not root.
USER 10001:10001
WORKDIR /home/rag
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['RAG_PORT'] + '/healthz', timeout=4)"]
# Another host than loopback needs a key, kept with the index: docker run --rm -v rag:/data IMAGE rag keys create NAME
# makes one, and docker run -v rag:/data -p 8000:8000 IMAGE serves.
CMD ["rag", "serve"]
