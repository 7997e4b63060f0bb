"""Portuguese, of Portugal and of Brazil."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: (
        "fatura, factura, faturas, nota fiscal, fatura-recibo, nf-e, fatura simplificada, conta, fatura/recibo"
    ),
    Term.RECEIPT: (
        "recibo, talão, comprovante, comprovativo, comprovante de pagamento, comprovativo de pagamento, cupom"
    ),
    Term.CREDIT: "nota de crédito, fatura retificativa, nota crédito",
    Term.ORDER: (
        "encomenda, pedido, reserva, compra, transação, confirmação, confirmação de encomenda, confirmação do pedido"
    ),
    Term.DOCUMENT: "documento, doc",
    Term.OTHER_DOCUMENT: (
        "orçamento, proposta, cotação, extrato, extrato de conta, guia de remessa, guia de transporte, fatura "
        "proforma, fatura pró-forma, pró-forma, proforma, lembrete, aviso de cobrança, recibo de vencimento, "
        "holerite, contracheque, tabela de preços, contrato, catálogo, certidão"
    ),
    Term.NUMBER: "número, num, núm, n°, nº, n.º, no, nr, n",
    Term.REFERENCE: "referência, ref, vossa referência",
    Term.DATE: "data, de, datada",
    Term.ISSUED: "emissão, emitida, emitido, emitida em, data de emissão, emitido em, compra",
    Term.DUE: (
        "vencimento, data de vencimento, vence em, pagar até, data limite, data limite de pagamento, pagamento até, "
        "pagável até, vencimento em, venc, data venc"
    ),
    Term.OTHER_DATE: (
        "entrega, envio, serviço, período, nascimento, impressão, início, fim, partida, chegada, competência, saída"
    ),
    Term.TOTAL: "total, soma, totais, valor total",
    Term.GRAND: (
        "total geral, valor total, total da fatura, total do pedido, total do documento, montante total, total da nota"
    ),
    Term.SUBTOTAL: "subtotal, sub-total, total parcial, total ilíquido, valor dos produtos, mercadoria/serviços",
    Term.NET: (
        "líquido, sem iva, base, base tributável, valor líquido, base de incidência, incidência, valor tributável, "
        "base de cálculo"
    ),
    Term.GROSS: "bruto, com iva, iva incluído, iva incl, impostos incluídos",
    Term.TAX: (
        "com iva, iva incluído, iva incl, impostos incluídos, iva, imposto, impostos, total iva, valor iva, total de "
        "impostos, icms, iss, valor do iva, total imposto"
    ),
    Term.AMOUNT: "valor, montante, importância, quantia, saldo",
    Term.PAYABLE: (
        "a pagar, total a pagar, valor a pagar, em dívida, valor em dívida, por pagar, montante a pagar, valor "
        "devido, saldo a pagar, total devido, a liquidar"
    ),
    Term.PAID: "pago, valor pago, total pago, liquidado, recebido, numerário, pagamento",
    Term.ADJUSTMENT: (
        "desconto, portes, envio, frete, custos de envio, gorjeta, troco, retenção, arredondamento, caução, sinal, "
        "juros, multa, cupão, portes de envio, taxa de entrega, adiantamento, descontos"
    ),
    Term.UNIT: (
        "preço, preço unitário, quantidade, qtd, qtde, taxa, unidade, descrição, artigo, unitário, p. unitário, pr. "
        "unit, preço unit, taxa iva, % iva, valor unitário, horas, produto, designação"
    ),
    Term.SELLER: (
        "vendedor, fornecedor, emitente, emissor, prestador, vendido por, prestador de serviços, "
        "beneficiário, titular da conta"
    ),
    Term.BUYER: (
        "cliente, faturar a, comprador, destinatário, morada de faturação, morada de entrega, endereço de entrega, "
        "endereço de cobrança, exmo, exmos, exmo(s). sr.(s), exmo. sr, tomador, faturado a, dados do cliente, "
        "adquirente, dados de faturação, exmos. senhores, exmo(s) senhor(es), para"
    ),
    Term.CUSTOMER: "cliente, sócio, utente, assinante, v/",
    Term.TAX_ID: (
        "nif, nipc, contribuinte, n.º contribuinte, cnpj, cpf, cpf/cnpj, nº contribuinte, contribuinte nº, "
        "contribuinte n.º, n. contribuinte"
    ),
    Term.OTHER_ID: (
        "telefone, tel, telef, telemóvel, fax, iban, bic, nib, swift, conta, banco, cliente, página, pág, contrato, "
        "artigo, atcud, matrícula, inscrição estadual, certificado, capital social, crc, conservatória, série, mesa, "
        "código, requisição, processo, chave"
    ),
    Term.NAME: "nome, empresa, razão social, denominação",
    Term.CONTACT: "telefone, tel, telemóvel, fax, e-mail, email, site",
    Term.FILLER: "de, da, do, das, dos, a, o, os, as, em, e, para, por, com, ao, à, no, na, seu, sua, um, uma",
}
