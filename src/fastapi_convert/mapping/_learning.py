"""Models that learn or have learnt: loading them, training them, asking them."""

from __future__ import annotations

from ._categories import CPU, FILES, HTTP, WAITING
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_LOAD_ONCE = "Load it once, in the lifespan, on a thread: seconds from the disk, minutes if it must be fetched first."
_ONE_THREAD = "A pool of one or two threads keeps the memory of the model's inputs bounded."

_ESTIMATORS = (
    ("sklearn.linear_model", "LinearRegression LogisticRegression Ridge Lasso ElasticNet SGDClassifier"),
    ("sklearn.ensemble", "RandomForestClassifier RandomForestRegressor GradientBoostingClassifier"),
    ("sklearn.ensemble", "GradientBoostingRegressor HistGradientBoostingClassifier IsolationForest"),
    ("sklearn.tree", "DecisionTreeClassifier DecisionTreeRegressor"),
    ("sklearn.svm", "SVC SVR"),
    ("sklearn.neighbors", "KNeighborsClassifier KNeighborsRegressor"),
    ("sklearn.cluster", "KMeans"),
    ("sklearn.neural_network", "MLPClassifier MLPRegressor"),
    ("sklearn.pipeline", "Pipeline"),
    ("sklearn.model_selection", "GridSearchCV RandomizedSearchCV"),
    ("xgboost", "XGBClassifier XGBRegressor"),
    ("lightgbm", "LGBMClassifier LGBMRegressor"),
    ("catboost", "CatBoostClassifier CatBoostRegressor"),
)
_TRANSFORMERS = (
    ("sklearn.decomposition", "PCA TruncatedSVD NMF"),
    ("sklearn.manifold", "TSNE"),
    ("sklearn.feature_extraction.text", "TfidfVectorizer CountVectorizer"),
)


def _classes(groups: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"{module}.{name}" for module, names in groups for name in names.split()]


_TRAINING = (
    *(
        row
        for owner in _classes(_ESTIMATORS)
        for row in calls(owner, "fit", "ProcessPool", category=CPU, construct=f"{owner}()", arguments="x, y")
    ),
    *(
        row
        for owner in _classes(_ESTIMATORS)
        for row in calls(
            owner,
            "predict",
            category=CPU,
            level="warn",
            construct=f"{owner}()",
            arguments="x",
            note="Milliseconds for one row, more for many rows or many trees.",
        )
    ),
    *(
        row
        for owner in _classes(_TRANSFORMERS)
        for row in calls(owner, "fit fit_transform", "ProcessPool", category=CPU, construct=f"{owner}()", arguments="x")
    ),
    *calls(
        "sklearn.cluster.DBSCAN",
        "fit fit_predict",
        "ProcessPool",
        category=CPU,
        construct="sklearn.cluster.DBSCAN()",
        arguments="x",
    ),
    *calls("sklearn.model_selection", "cross_val_score cross_validate", "ProcessPool", category=CPU, arguments="x, y"),
    *calls("sklearn.metrics.pairwise", "cosine_similarity", category=CPU, level="warn", arguments="x"),
    *calls("xgboost", "train cv", "ProcessPool", category=CPU, arguments="{}, x", note="Uses every core by itself."),
    *calls("xgboost.Booster", "predict inplace_predict", category=CPU, level="warn", construct="xgboost.Booster()"),
    *calls("xgboost.Booster", "update boost", "ProcessPool", category=CPU, construct="xgboost.Booster()"),
    *calls("xgboost.Booster", "load_model save_model", category=FILES, construct="xgboost.Booster()", arguments='"x"'),
    *calls("lightgbm", "train cv", "ProcessPool", category=CPU, arguments="{}, x", note="Uses every core by itself."),
    *calls("joblib", "load", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls("joblib", "dump", category=FILES, arguments='x, "y"'),
)

_TORCH = (
    *calls("torch", "load", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls("torch", "save", category=FILES, arguments='x, "y"'),
    *calls("torch.jit", "load", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls("torch.hub", "load", category=HTTP, arguments='"x", "y"', note=_LOAD_ONCE),
    *calls("torch.cuda", "synchronize", category=WAITING),
    *calls("keras.models", "load_model", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls("tensorflow.keras.models", "load_model", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "keras.Model",
        "fit evaluate predict",
        category=CPU,
        construct='keras.models.load_model("x")',
        arguments="y",
        note=_ONE_THREAD,
    ),
    *calls("onnxruntime", "InferenceSession", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "onnxruntime.InferenceSession",
        "run",
        category=CPU,
        construct='onnxruntime.InferenceSession("x")',
        arguments="None, {}",
        note=_ONE_THREAD,
    ),
)

_FLAVOURS = (
    "pyfunc sklearn xgboost lightgbm catboost pytorch tensorflow keras onnx spacy transformers prophet langchain"
)
_MLFLOW = (
    *(
        row
        for flavour in _FLAVOURS.split()
        for row in calls(f"mlflow.{flavour}", "load_model", category=HTTP, arguments='"models:/x/1"', note=_LOAD_ONCE)
    ),
    *(
        row
        for flavour in _FLAVOURS.split()
        for row in calls(f"mlflow.{flavour}", "log_model save_model", category=HTTP, arguments='x, "y"')
    ),
    *calls(
        "mlflow",
        "log_artifact log_artifacts log_dict log_figure log_image log_input log_metric log_metrics log_param "
        "log_params log_table log_text set_tag set_tags set_experiment start_run end_run get_run get_experiment "
        "get_experiment_by_name search_runs search_experiments register_model create_experiment",
        category=HTTP,
        note="A request to the tracking server, or a file where there is none.",
    ),
    *calls("mlflow.artifacts", "download_artifacts load_text load_dict load_image", category=HTTP, arguments='"x"'),
    *(
        row
        for owner in ("mlflow.MlflowClient", "mlflow.tracking.MlflowClient", "mlflow.client.MlflowClient")
        for row in calls(owner, "*", category=HTTP, construct=f"{owner}()")
    ),
)

_AUTOS = (
    "AutoModel AutoModelForCausalLM AutoModelForSeq2SeqLM AutoModelForSequenceClassification "
    "AutoModelForTokenClassification AutoModelForQuestionAnswering AutoTokenizer AutoProcessor AutoConfig "
    "AutoFeatureExtractor AutoImageProcessor AutoModelForCTC AutoModelForImageClassification "
    "AutoModelForImageTextToText AutoModelForMaskedLM AutoModelForSpeechSeq2Seq AutoModelForVision2Seq "
    "PreTrainedModel PreTrainedTokenizerBase ProcessorMixin"
)
_HUGGING_FACE = (
    *calls("transformers", "pipeline", category=HTTP, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "transformers.Pipeline",
        "__call__",
        category=CPU,
        construct='transformers.pipeline("x")',
        arguments='"y"',
        note=_ONE_THREAD,
    ),
    *(
        row
        for name in _AUTOS.split()
        for row in calls(f"transformers.{name}", "from_pretrained", category=HTTP, arguments='"x"', note=_LOAD_ONCE)
    ),
    *calls(
        "transformers.GenerationMixin",
        "generate",
        category=CPU,
        construct='transformers.AutoModelForCausalLM.from_pretrained("x")',
        note=_ONE_THREAD,
    ),
    *calls(
        "transformers.Trainer",
        "train evaluate predict",
        "ProcessPool",
        category=CPU,
        construct="transformers.Trainer()",
    ),
    *calls(
        "sentence_transformers", "SentenceTransformer CrossEncoder", category=HTTP, arguments='"x"', note=_LOAD_ONCE
    ),
    *calls(
        "sentence_transformers.SentenceTransformer",
        "encode",
        category=CPU,
        construct='sentence_transformers.SentenceTransformer("x")',
        arguments='"y"',
        note=_ONE_THREAD,
    ),
    *calls(
        "sentence_transformers.CrossEncoder",
        "predict rank",
        category=CPU,
        construct='sentence_transformers.CrossEncoder("x")',
        arguments='"y"',
        note=_ONE_THREAD,
    ),
    *calls("diffusers.DiffusionPipeline", "from_pretrained", category=HTTP, arguments='"x"', note=_LOAD_ONCE),
    *calls("datasets", "load_dataset", category=HTTP, arguments='"x"'),
)

_SPEECH_AND_SIGHT = (
    *calls("whisper", "load_model", category=HTTP, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "whisper.Whisper",
        "transcribe",
        category=CPU,
        construct='whisper.load_model("x")',
        arguments='"y"',
        note=_ONE_THREAD,
    ),
    *calls("faster_whisper", "WhisperModel", category=HTTP, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "faster_whisper.WhisperModel",
        "transcribe",
        category=CPU,
        construct='faster_whisper.WhisperModel("x")',
        arguments='"y"',
        note="Decodes the sound at once, and the words while its segments are read: read them on the same thread.",
    ),
    *calls("easyocr", "Reader", category=HTTP, arguments='["en"]', note=_LOAD_ONCE),
    *calls(
        "easyocr.Reader",
        "readtext",
        category=CPU,
        construct='easyocr.Reader(["en"])',
        arguments='"x"',
        note=_ONE_THREAD,
    ),
    *calls("ultralytics", "YOLO", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "ultralytics.YOLO",
        "__call__ predict track train val export",
        category=CPU,
        construct='ultralytics.YOLO("x")',
        arguments='"y"',
        note=_ONE_THREAD,
    ),
    *calls("paddleocr", "PaddleOCR", category=HTTP, note=_LOAD_ONCE),
    *calls("paddleocr.PaddleOCR", "ocr predict", category=CPU, construct="paddleocr.PaddleOCR()", arguments='"x"'),
    *calls("rembg", "remove", category=CPU, arguments="x", note=_ONE_THREAD),
    *calls("deepface.DeepFace", "verify", category=CPU, arguments='"x", "y"', note=_ONE_THREAD),
    *calls(
        "deepface.DeepFace", "analyze represent find extract_faces", category=CPU, arguments='"x"', note=_ONE_THREAD
    ),
    *calls(
        "speech_recognition.Recognizer",
        "recognize_google recognize_whisper",
        category=HTTP,
        construct="speech_recognition.Recognizer()",
        arguments="x",
    ),
    *calls("speech_recognition.Recognizer", "listen", category=WAITING, construct="speech_recognition.Recognizer()"),
    *calls("face_recognition", "load_image_file", category=FILES, arguments='"x"'),
    *calls("face_recognition", "face_locations face_encodings", "ProcessPool", category=CPU, arguments="x"),
)

_LANGUAGE = (
    *calls("spacy", "load", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "spacy.language.Language",
        "__call__ pipe",
        "ProcessPool",
        category=CPU,
        construct='spacy.load("x")',
        arguments='"y"',
    ),
    *calls("nltk", "download", category=HTTP, arguments='"x"', note="Fetch the data when the image is built."),
    *calls("nltk", "word_tokenize sent_tokenize", "ProcessPool", category=CPU, level="warn", arguments='"x"'),
    *calls("nltk", "pos_tag ne_chunk", "ProcessPool", category=CPU, level="warn", arguments="[]"),
    *calls("gensim.models.Word2Vec", "load", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls("langdetect", "detect detect_langs", "ProcessPool", category=CPU, level="warn", arguments='"x"'),
    *calls("fasttext", "load_model", category=FILES, arguments='"x"', note=_LOAD_ONCE),
)

ROWS: tuple[Blocking, ...] = (*_TRAINING, *_TORCH, *_MLFLOW, *_HUGGING_FACE, *_SPEECH_AND_SIGHT, *_LANGUAGE)
