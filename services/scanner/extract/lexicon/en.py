"""English."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "invoice, invoices, bill, tax invoice, invoiced, inv",
    Term.RECEIPT: "receipt, e-receipt, sales receipt, payment receipt, payment confirmation, sales slip",
    Term.CREDIT: "credit note, credit memo, credit invoice, refund note, credit memorandum, corrected invoice",
    Term.ORDER: "order, purchase, booking, reservation, confirmation, subscription, order confirmation, transaction",
    Term.DOCUMENT: "document, doc, voucher, folio",
    Term.OTHER_DOCUMENT: (
        "account statement, bank statement, statement, statement of account, brokerage statement, quote, quotation, "
        "estimate, price list, delivery note, packing list, packing slip, dispatch note, dispatch advice, purchase "
        "order, annual report, financial report, annual financial report, audit report, balance sheet, profit and "
        "loss, test report, service report, expense report, proforma, pro forma, pro-forma, order response, payslip, "
        "pay slip, pay stub, salary slip, earnings statement, timesheet, reminder, payment reminder, dunning, overdue "
        "notice, remittance advice, work order, catalogue, catalog, tax return, policy schedule, payment advice, "
        "letter of credit, contract, agreement, proposal, payment failed, your payment failed, failed payment, "
        "payment declined, payment unsuccessful, certificate, press release, newsletter, questionnaire, application "
        "form, order form, specification"
    ),
    Term.NUMBER: "number, no, num, nr, nbr, #, №, id, no., code, n°, nº",
    Term.REFERENCE: "reference, ref, your reference, our reference",
    Term.DATE: "date, dated, dt, on, of",
    Term.ISSUED: (
        "issued, issue, created, date of issue, invoiced on, issue date, billing date, bill date, statement date, "
        "generated, raised, billed on, placed, ordered on, placed on, order placed, date paid, purchased on, "
        "issuance, tax point"
    ),
    Term.DUE: (
        "due, due date, due on, due by, pay by, payable by, payment due, payment due date, payment deadline, please "
        "pay by, date due, pay before, remit by, deadline, payment date due, to be paid by, overdue on, remit until, "
        "pay until, payable until, transfer by, transfer until, to be paid until, settle by, please settle by, please "
        "remit by, date payment due, payment by, payment is due, payment term, payment terms"
    ),
    Term.OTHER_DATE: (
        "delivery, delivered, ship, shipped, shipping, shipment, dispatch, service, supply, period, birth, check, "
        "start, end, from, until, printed, print, expiry, expires, valid, arrival, departure, check-in, check-out, "
        "renewal, renews, next, last, previous, return, estimated, contract, since, travel, event, start date, end "
        "date, service date, due for renewal, trial"
    ),
    Term.TOTAL: "total, sum, totals, ttl, totaling",
    Term.GRAND: "grand, overall, final, order total, invoice total, for this order, total amount",
    Term.SUBTOTAL: "subtotal, sub total, sub-total, item total, items total, merchandise total, items subtotal, items",
    Term.NET: (
        "net, excl, excluding, exclusive, ex vat, ex tax, before tax, before vat, without tax, without vat, taxable, "
        "no tax, excl., ex. vat, ex gst, pre-tax, pretax, tax exclusive, taxable amount, exc, exc. vat, less vat"
    ),
    Term.GROSS: (
        "gross, incl, including, inclusive, with tax, with vat, after tax, inc, inc vat, inc. vat, tax inclusive"
    ),
    Term.TAX: "vat, tax, taxes, gst, hst, pst, qst, sales tax, cgst, sgst, igst, value added tax, v.a.t.",
    Term.AMOUNT: "amount, value, charge, charges, cost, fee, price total, balance",
    Term.PAYABLE: (
        "payable, to pay, amount due, total due, balance due, balance payable, amount payable, amount owing, "
        "outstanding, amount outstanding, please pay, pay this amount, you pay, owing, amount to pay, total to pay, "
        "balance owing, due now, net payable, total payable, amount now due, due payable amount"
    ),
    Term.PAID: (
        "paid, charged, amount paid, amount charged, total charged, you paid, payment received, payments, "
        "prepaid, received, "
        "tendered, total paid, amount billed, less payments, payment amount, payment, credit applied"
    ),
    Term.ADJUSTMENT: (
        "discount, shipping, delivery, postage, handling, points, voucher, gift, gift card, refund, refunded, saved, "
        "savings, minimum, previous balance, balance forward, change, tip, gratuity, deposit, interest, insurance, "
        "rounding, surcharge, promotion, promo, coupon, freight, carriage, late fee, credit limit, budget, income, "
        "turnover, withholding, adjustment, service charge, retention, booking fee, store credit, allowance, cash, "
        "previous, less, donation, you save, admin fee, installation"
    ),
    Term.UNIT: (
        "unit price, price, quantity, qty, rate, unit, per, hours, hrs, unit cost, each, list price, item, "
        "description, hourly, discount rate, line total, product, service description, sku, exchange rate, units"
    ),
    Term.SELLER: (
        "make all checks payable to, make all cheques payable to, checks payable to, cheques payable to, make payment "
        "to, please make payment to, please pay to, payment should be made to, from, seller, vendor, supplier, "
        "merchant, billed from, invoice from, sold by, issued by, provider, service provider, pay to, payable to, "
        "payment to, remit to, remit payment to, shipped and sold by, make checks payable to, make cheques payable "
        "to, account name, beneficiary, bill from, biller, company details"
    ),
    Term.BUYER: (
        "bill to, billed to, sold to, ship to, shipped to, invoice to, invoiced to, deliver to, delivered to, to, "
        "customer, client, buyer, shipping address, billing address, delivery address, billing details, bill-to, "
        "ship-to, sold-to, attn, attention, purchaser, recipient, customer details, invoice for, prepared for, "
        "billing information, shipping information, issued to, customer name, client name, ordered by, payer, mailing "
        "address, invoice address, client details, customer information, bill to party, paid by"
    ),
    Term.CUSTOMER: "customer, client, buyer, account, member, your, user, patient, membership, purchaser, guest",
    Term.TAX_ID: (
        "vat id, vat no, vat number, vat reg, vat reg no, vat registration, vat registration number, tax id, tin, "
        "ein, gstin, abn, tax number, tax registration, vat registration no, gst no, gst number, vat identification "
        "number, gst reg no, vat code, tax reg no, tax identification number, gst registration no, federal tax id, "
        "business number, gst/hst, tax id number, vatin, vat#"
    ),
    Term.OTHER_ID: (
        "account, phone, telephone, tel, fax, mobile, iban, bic, swift, company number, company no, registration, "
        "registration number, company registration, reg no, registered, register, routing, sort code, bank, po, po "
        "number, p.o., p.o. number, purchase order, purchase order number, item, serial, tracking, project, job, "
        "contract, page, card, vehicle, room, meter, policy, membership, ticket, delivery note, sku, part, batch, "
        "cheque, check, authorization, auth, approval, terminal, merchant id, customer po, your order, quote, coupon, "
        "voucher, hsn, sac, pan, cin, license, table, store, cashier, register no, case, duns, w-9"
    ),
    Term.NAME: "name, company, company name, business name",
    Term.CONTACT: "phone, telephone, tel, fax, mobile, email, e-mail, web, website, www, call us",
    Term.FILLER: (
        "the, a, an, of, for, in, your, our, this, is, and, &, at, please, by, usd, eur, gbp, details, s, all, was, "
        "you, currency, with"
    ),
}
