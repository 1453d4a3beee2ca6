FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# The packages change seldom, so they are a layer of their own. Every one is checked against its hash.
WORKDIR /app
COPY pyproject.toml requirements.lock tasks.py ./
RUN PIP_NO_CACHE_DIR=1 python tasks.py packages

COPY LICENSE ./
COPY nlp nlp
COPY storage storage
COPY handlers handlers
COPY bot bot
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

# Everything worth keeping lies in /data: the database, and linli.toml where there is one.
RUN useradd --system --uid 10001 --home-dir /data linli \
    && install --directory --owner linli --mode 0700 /data
USER linli
WORKDIR /data
VOLUME /data
ENV LINLI_DATABASE_URL=sqlite:////data/linli.db PATH=/app/.venv/bin:$PATH

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# SIGTERM lets the turn in hand be committed; what was not sent yet is rows and goes out after the next start.
CMD ["linli", "run", "--host", "0.0.0.0", "--port", "8000"]
