# One image for every process of the production shape: docker-compose.yml says which runs where.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --create-home febris
WORKDIR /febris

COPY requirements.lock .
RUN pip install --require-hashes --requirement requirements.lock

COPY manage.py ./
COPY config config
COPY accounts accounts
COPY tracker tracker
COPY monitoring monitoring
COPY interop interop
COPY locale locale
COPY templates templates
RUN python -m compileall -q . && mkdir /backups && chown febris /backups

USER febris
EXPOSE 8000
CMD ["python", "manage.py", "check", "--deploy"]
