"""Answers to Polls, and packets ahead of their time (RFC 5880 section 6.8.7)."""

from conformance.deviants import patches_outputs as outputs
from conformance.deviants.deviant import Deviant

DEVIANTS = (
    Deviant("5880-6.8.7-r12", "answers with P and F", session=outputs.AnswersWithPoll),
    Deviant("5880-6.8.7-r13", "answers wait for the schedule", session=outputs.AnswersLate),
    Deviant("5880-6.8.7-r14", "no answer to whom asked for no packets", session=outputs.AnswersUnlessToldNotToSend),
    Deviant("5880-6.8.7-r16", "no answer in Demand mode", session=outputs.AnswersUnlessInDemand),
    Deviant("5880-6.8.7-r22", "changes wait for the schedule", session=outputs.SilentAboutChanges),
    Deviant("5880-6.8.7-r27", "polls without a reason", session=outputs.PollsNowAndThen),
    Deviant("5880-6.8.7-r28", "answers without F", session=outputs.AnswersWithoutFinal),
    Deviant("5880-6.8.7-r29", "F though nobody polled", session=outputs.FinalNowAndThen),
)
