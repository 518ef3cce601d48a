"""Every table, imported once so that migrations and the ORM know them all."""

from sqlmodel import SQLModel

from app.models.account import ApiToken, LoginFailure, LoginSession, User
from app.models.comment import Author, Comment, CommentEmbedding, CommentVersion, Person, WordShare
from app.models.community import Promise, Question
from app.models.delivery import Delivery, DeliveryRepeat, PrivateScope
from app.models.digest import DigestSubscription, Dispatch, Spike
from app.models.face import ThemeFace, WrittenAnswer, WrittenDay
from app.models.learning import KindLabel, ModelInForce, PairLabel, ProductModel
from app.models.people import AccountLink, AccountWeight, HelpScore, PersonNote
from app.models.polling import PollAccount, SourceHistory, SourcePoll, SourceRecheck
from app.models.product import Product
from app.models.reply import Reply, ReplyPolicy, ReplyTemplate, SourceReplies
from app.models.routing import RoutingRule
from app.models.source import RefusedRequest, Source, SourceSecret
from app.models.theme import Activity, Separation, Theme, ThemeMiddle, ThemeSuggestion
from app.models.tracker import PostedText, Ticket, TicketDelivery, Tracker

metadata = SQLModel.metadata

__all__ = [
    "AccountLink",
    "AccountWeight",
    "Activity",
    "ApiToken",
    "Author",
    "Comment",
    "CommentEmbedding",
    "CommentVersion",
    "Delivery",
    "DeliveryRepeat",
    "DigestSubscription",
    "Dispatch",
    "HelpScore",
    "KindLabel",
    "LoginFailure",
    "LoginSession",
    "ModelInForce",
    "PairLabel",
    "Person",
    "PersonNote",
    "PollAccount",
    "PostedText",
    "PrivateScope",
    "Product",
    "ProductModel",
    "RefusedRequest",
    "Promise",
    "Question",
    "Reply",
    "ReplyPolicy",
    "ReplyTemplate",
    "RoutingRule",
    "Separation",
    "Source",
    "SourceReplies",
    "SourceHistory",
    "SourcePoll",
    "SourceRecheck",
    "SourceSecret",
    "Spike",
    "Theme",
    "ThemeFace",
    "ThemeMiddle",
    "ThemeSuggestion",
    "Ticket",
    "TicketDelivery",
    "Tracker",
    "User",
    "WordShare",
    "WrittenAnswer",
    "WrittenDay",
    "metadata",
]
